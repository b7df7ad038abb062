// The page of somebody who writes to the shop. What it shows comes as a whole
// from the stream; here it is only drawn. Everything anybody wrote is text.

const words = {
  pt: {
    title: "Atendimento Lumen", person: "Falar com uma pessoa", name: "Seu nome (opcional)", text: "Escreva uma mensagem",
    send: "Enviar", picture: "Enviar uma imagem", messages: "Conversa", hello: "Escreva para começar", bot: "Você fala com a assistente Lumi",
    waiting: (n, queue) => n === 0 ? `Você é o próximo em ${queue}` : `Na fila de ${queue}: ${n} na sua frente`,
    minutes: (n) => `cerca de ${n} min`,
    agent: (name) => `Você fala com ${name}`, ended: "Conversa encerrada. Escreva para começar outra",
    lost: "Sem conexão. Tentando de novo…", slow: "Um pouco mais devagar, por favor.", failed: "Não foi enviada. Tente de novo.",
    tooBig: "A imagem é grande demais ou não é uma imagem.", file: "Arquivo", place: "Localização",
  },
  en: {
    title: "Lumen chat", person: "Talk to a person", name: "Your name (optional)", text: "Write a message",
    send: "Send", picture: "Send a picture", messages: "Conversation", hello: "Write to begin", bot: "You are talking to Lumi, the assistant",
    waiting: (n, queue) => n === 0 ? `You are next in ${queue}` : `In line for ${queue}: ${n} ahead of you`,
    minutes: (n) => `about ${n} min`,
    agent: (name) => `You are talking to ${name}`, ended: "This conversation has ended. Write to begin another one",
    lost: "No connection. Trying again…", slow: "A little slower, please.", failed: "It was not sent. Please try again.",
    tooBig: "The picture is too large, or no picture.", file: "File", place: "Location",
  },
  es: {
    title: "Atención Lumen", person: "Hablar con una persona", name: "Su nombre (opcional)", text: "Escriba un mensaje",
    send: "Enviar", picture: "Enviar una imagen", messages: "Conversación", hello: "Escriba para empezar", bot: "Habla con la asistente Lumi",
    waiting: (n, queue) => n === 0 ? `Es el próximo en ${queue}` : `En la fila de ${queue}: ${n} por delante`,
    minutes: (n) => `unos ${n} min`,
    agent: (name) => `Habla con ${name}`, ended: "Conversación terminada. Escriba para empezar otra",
    lost: "Sin conexión. Intentando de nuevo…", slow: "Un poco más despacio, por favor.", failed: "No se envió. Inténtelo de nuevo.",
    tooBig: "La imagen es demasiado grande o no es una imagen.", file: "Archivo", place: "Ubicación",
  },
};
const language = ["en", "es"].find((l) => navigator.language.startsWith(l)) ?? "pt";
const say = words[language];
const at = (id) => document.getElementById(id);

document.documentElement.lang = language === "pt" ? "pt-BR" : language;
document.title = say.title;
at("status").textContent = say.hello;
at("person").textContent = say.person;
at("send").textContent = say.send;
at("messages").setAttribute("aria-label", say.messages);
for (const [id, label] of [["name", say.name], ["text", say.text]]) {
  at(id).placeholder = label;
  at(id).setAttribute("aria-label", label);
}
at("attach").setAttribute("aria-label", say.picture);

let now = { messages: [] }; // what the stream said last

// draw shows what the stream said. Items that are there stay as they are.
function draw(next) {
  const list = at("messages");
  const below = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  if (now.conversation && next.conversation !== now.conversation) list.append(item("rule", "· · ·"));
  now = next;
  for (const m of next.messages ?? []) {
    if (!list.querySelector(`[data-id="${CSS.escape(m.id)}"]`)) list.append(bubble(m));
  }
  for (const offer of list.querySelectorAll(".choices")) {
    const latest = offer.closest("li") === list.lastElementChild && now.state === "bot";
    for (const b of offer.children) b.disabled = !latest;
  }
  status();
  if (below) list.scrollTop = list.scrollHeight;
  look();
}

function status() {
  const texts = { bot: say.bot, ended: say.ended };
  let text = texts[now.state] ?? say.hello;
  if (now.state === "waiting") text = say.waiting(now.ahead, now.queue) + (now.minutes ? ` · ${say.minutes(now.minutes)}` : "");
  if (now.state === "assigned") text = say.agent(now.agent);
  if (at("status").textContent !== text) at("status").textContent = text;
  at("person").hidden = now.state !== "bot";
  at("name").hidden = Boolean(now.conversation);
}

function item(kind, text) {
  const li = document.createElement("li");
  li.className = kind;
  if (text) li.append(text);
  return li;
}

function bubble(m) {
  const li = item(m.by);
  li.dataset.id = m.id;
  if (m.who) {
    const who = document.createElement("span");
    who.className = "who";
    who.textContent = m.who;
    li.append(who);
  }
  if (m.file) li.append(file(m));
  if (m.kind === "location") li.append(say.place);
  if (m.text) li.append(m.text);
  if (m.buttons) {
    const choices = document.createElement("div");
    choices.className = "choices";
    for (const each of m.buttons) {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = each.title;
      b.addEventListener("click", () => post({ choice: { id: each.id, title: each.title } }));
      choices.append(b);
    }
    li.append(choices);
  }
  return li;
}

function file(m) {
  if (m.kind === "image" || m.kind === "sticker") {
    const img = document.createElement("img");
    img.src = m.file;
    img.alt = m.text || m.name || say.file;
    return img;
  }
  if (m.kind === "audio") {
    const audio = document.createElement("audio");
    audio.controls = true;
    audio.src = m.file;
    return audio;
  }
  const a = document.createElement("a");
  a.href = m.file;
  a.download = m.name || "";
  a.textContent = m.name || say.file;
  return a;
}

function trouble(text) {
  at("trouble").textContent = text;
  at("trouble").hidden = !text;
}

// post sends a message. Its id is the same when it is tried again, so it is
// there once.
async function post(message, tries = 3) {
  const body = JSON.stringify({ id: crypto.randomUUID(), name: at("name").value, ...message });
  for (let n = 1; ; n++) {
    try {
      const answer = await fetch("messages", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      trouble(answer.ok ? "" : answer.status === 429 ? say.slow : say.failed);
      return answer.ok;
    } catch {
      if (n === tries) {
        trouble(say.failed);
        return false;
      }
      await new Promise((wake) => setTimeout(wake, 1000 * n));
    }
  }
}

at("form").addEventListener("submit", async (e) => {
  e.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  if (!(await post({ text })) && !at("text").value) at("text").value = text;
});
at("text").addEventListener("keydown", (e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    at("form").requestSubmit();
  }
});
at("person").addEventListener("click", () => post({ choice: { id: "person", title: say.person } }));
at("attach").addEventListener("click", () => at("file").click());
at("file").addEventListener("change", async () => {
  const picture = at("file").files[0];
  at("file").value = "";
  if (!picture) return;
  try {
    const answer = await fetch("pictures", { method: "POST", headers: { "Content-Type": picture.type }, body: picture });
    trouble(answer.ok ? "" : answer.status === 429 ? say.slow : say.tooBig);
  } catch {
    trouble(say.failed);
  }
});

// look tells that what is there was read, once for each new message.
let read = "";
function look() {
  const theirs = (now.messages ?? []).filter((m) => m.by !== "contact").at(-1);
  if (document.visibilityState !== "visible" || !theirs || theirs.id === read) return;
  read = theirs.id;
  setTimeout(() => fetch("seen", { method: "POST" }).catch(() => { read = ""; }), 800);
}
document.addEventListener("visibilitychange", look);

const stream = new EventSource("events");
stream.addEventListener("message", (e) => {
  trouble("");
  draw(JSON.parse(e.data));
});
stream.addEventListener("error", () => {
  trouble(say.lost);
  if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
});
