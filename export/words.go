package export

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/ticket"
)

// words is all that a transcript says in one language. Texts with verbs are
// formats.
type words struct {
	language string

	title, contact, number, username, bot, zone, generated                           string
	attendance, period, channel, queue, agents, state, priority, tags, id, stillOpen string

	date    string // of weekday, day, month, year
	stamp   string // a date with its time, as a layout of package time
	decimal string
	days    [7]string
	months  [12]string

	agent, system, note       string // who says it
	noMessages, noAttendances string
	page, messages            string
	conversations             string // whose ids are listed
	closing, howToCheck       string
	unopened, unshown         string // a picture that cannot be shown
	masked                    string

	states     map[handoff.State]string
	priorities [4]string
	deliveries map[handoff.Delivery]string
	failure    string
	sentAt     string

	kinds                                                map[handoff.Kind]string
	voice, wholeText                                     string
	inReplyTo, inReplyToEarlier                          string
	reacted, reactedEarlier, unreacted, unreactedEarlier string

	tickets, ticketOpened string
	ticketStatuses        map[ticket.Status]string
	ticketEdited          string

	events     map[handoff.EventKind]string
	toQueue    string // of a queue's name
	toAgent    string
	fromQueue  string
	fromAgent  string
	by         string
	because    string
	reasons    map[handoff.Reason]string
	otherEvent string
}

// wordsFor finds the language whose tag has the same first part.
func wordsFor(tag string) *words {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	switch strings.ToLower(base) {
	case "pt":
		return &portuguese
	case "es":
		return &spanish
	}
	return &english
}

// day names the civil day of t.
func (w *words) day(t time.Time) string {
	return fmt.Sprintf(w.date, w.days[t.Weekday()], t.Day(), w.months[t.Month()-1], t.Year())
}

// bytes tells a size, rounded to what a reader wants to know.
func (w *words) bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	}
	return strings.Replace(fmt.Sprintf("%.1f MB", float64(n)/1e6), ".", w.decimal, 1)
}

// or gives the word for k, or k itself where a newer version said something
// that this one has no word for.
func or[K ~string](m map[K]string, k K) string {
	return cmp.Or(m[k], string(k))
}

var english = words{
	language: "en",
	title:    "Conversation transcript", contact: "Contact", number: "Number", username: "Username", bot: "Bot",
	zone: "Time zone", generated: "Generated",
	attendance: "Attendance", period: "Period", channel: "Channel", queue: "Queue", agents: "Agents", state: "Status",
	priority: "Priority", tags: "Tags", id: "Id", stillOpen: "not ended",
	date: "%[1]s, %[2]d %[3]s %[4]d", stamp: "2 Jan 2006 15:04", decimal: ".",
	days: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	months: [12]string{"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"},
	agent: "agent", system: "System", note: "private note",
	noMessages: "No messages.", noAttendances: "No attendances.",
	page: "Page %d of %d", messages: "Messages", conversations: "Conversations",
	closing: "About this copy",
	howToCheck: "The SHA-256 is computed over the messages shown here, as they stand in the JSON transcript of the same conversations and " +
		"options: each message's line and a line feed. If the two sums are equal, nothing was added, left out or changed.",
	unopened: "The file could not be opened.", unshown: "The picture cannot be shown.",
	masked: "Masked",
	states: map[handoff.State]string{
		handoff.StateBot: "with the bot", handoff.StateWaiting: "waiting", handoff.StateAssigned: "with an agent",
		handoff.StateEnded: "ended",
	},
	priorities: [4]string{"none", "low", "medium", "high"},
	deliveries: map[handoff.Delivery]string{
		handoff.Queued: "queued", handoff.Sent: "✓ sent", handoff.Failed: "✗ not delivered",
		handoff.Delivered: "✓✓ delivered", handoff.Read: "✓✓ read",
	},
	failure: "Not delivered: %s", sentAt: "sent %s",
	kinds: map[handoff.Kind]string{
		handoff.KindText: "Empty message", handoff.KindImage: "Image", handoff.KindAudio: "Audio", handoff.KindVideo: "Video",
		handoff.KindDocument: "Document", handoff.KindSticker: "Sticker", handoff.KindLocation: "Location",
		handoff.KindContacts: "Contact card", handoff.KindReply: "Chosen option", handoff.KindReaction: "Reaction",
		handoff.KindOrder: "Order", handoff.KindButtons: "Buttons", handoff.KindList: "List",
		handoff.KindTemplate: "Template", handoff.KindBrief: "Handed over by the bot",
		handoff.KindUnknown: "Message of an unknown kind", handoff.KindErased: "This message was erased",
	},
	voice: "Voice message", wholeText: "Shortened; the whole text is attached",
	inReplyTo: "In reply to %s: “%s”", inReplyToEarlier: "In reply to an earlier message",
	reacted: "Reacted with %s to %s: “%s”", reactedEarlier: "Reacted with %s to an earlier message",
	unreacted: "Took back the reaction to %s: “%s”", unreactedEarlier: "Took back the reaction to an earlier message",
	tickets: "Tickets", ticketOpened: "opened %s", ticketEdited: "description changed",
	ticketStatuses: map[ticket.Status]string{
		ticket.Open: "open", ticket.InProgress: "in progress", ticket.Resolved: "resolved",
	},
	events: map[handoff.EventKind]string{
		handoff.EventContactCreated: "New contact", handoff.EventStarted: "Attendance started",
		handoff.EventHandedOff: "A person was asked for", handoff.EventAssigned: "Assigned",
		handoff.EventTransferred: "Transferred", handoff.EventRequeued: "Back in the queue",
		handoff.EventWithdrawn: "No person is needed any more", handoff.EventEnded: "Attendance ended",
		handoff.EventPriority: "Priority: %s", handoff.EventTags: "Tags: %s", handoff.EventTicket: "Ticket: %s",
		handoff.EventMerged: "The contact turned out to be one already known",
		handoff.EventErased: "The texts were erased",
	},
	toQueue: "to queue %s", toAgent: "to %s", fromQueue: "from queue %s", fromAgent: "from %s", by: "by %s",
	because: "reason: %s",
	reasons: map[handoff.Reason]string{
		handoff.ReasonReturned: "control returned to the bot", handoff.ReasonClosed: "closed",
		handoff.ReasonMerged: "contacts merged", handoff.ReasonAgentLost: "agent's connection lost",
		handoff.ReasonAgentDisabled: "agent disabled", handoff.ReasonQueueRemoved: "queue removed",
	},
	otherEvent: "Event: %s",
}

var portuguese = words{
	language: "pt-BR",
	title:    "Transcrição da conversa", contact: "Contato", number: "Número", username: "Usuário", bot: "Bot",
	zone: "Fuso horário", generated: "Gerado em",
	attendance: "Atendimento", period: "Período", channel: "Canal", queue: "Fila", agents: "Atendentes", state: "Situação",
	priority: "Prioridade", tags: "Etiquetas", id: "Id", stillOpen: "não encerrado",
	date: "%[1]s, %[2]d de %[3]s de %[4]d", stamp: "02/01/2006 15:04", decimal: ",",
	days: [7]string{"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
	months: [12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho",
		"julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
	agent: "atendente", system: "Sistema", note: "nota privada",
	noMessages: "Nenhuma mensagem.", noAttendances: "Nenhum atendimento.",
	page: "Página %d de %d", messages: "Mensagens", conversations: "Conversas",
	closing: "Sobre esta cópia",
	howToCheck: "O SHA-256 é calculado sobre as mensagens mostradas aqui, como estão na transcrição em JSON das mesmas conversas e " +
		"opções: a linha de cada mensagem e uma quebra de linha. Se as duas somas são iguais, nada foi acrescentado, omitido ou alterado.",
	unopened: "Não foi possível abrir o arquivo.", unshown: "A imagem não pode ser mostrada.",
	masked: "Dados ocultados",
	states: map[handoff.State]string{
		handoff.StateBot: "com o bot", handoff.StateWaiting: "aguardando atendimento",
		handoff.StateAssigned: "em atendimento", handoff.StateEnded: "encerrado",
	},
	priorities: [4]string{"sem prioridade", "baixa", "média", "alta"},
	deliveries: map[handoff.Delivery]string{
		handoff.Queued: "na fila de envio", handoff.Sent: "✓ enviada", handoff.Failed: "✗ não entregue",
		handoff.Delivered: "✓✓ entregue", handoff.Read: "✓✓ lida",
	},
	failure: "Não entregue: %s", sentAt: "enviada %s",
	kinds: map[handoff.Kind]string{
		handoff.KindText: "Mensagem vazia", handoff.KindImage: "Imagem", handoff.KindAudio: "Áudio", handoff.KindVideo: "Vídeo",
		handoff.KindDocument: "Documento", handoff.KindSticker: "Figurinha", handoff.KindLocation: "Localização",
		handoff.KindContacts: "Cartão de contato", handoff.KindReply: "Opção escolhida", handoff.KindReaction: "Reação",
		handoff.KindOrder: "Pedido", handoff.KindButtons: "Botões", handoff.KindList: "Lista",
		handoff.KindTemplate: "Modelo", handoff.KindBrief: "Repassado pelo bot",
		handoff.KindUnknown: "Mensagem de tipo desconhecido", handoff.KindErased: "Esta mensagem foi apagada",
	},
	voice: "Mensagem de voz", wholeText: "Abreviada; o texto completo está anexo",
	inReplyTo: "Em resposta a %s: “%s”", inReplyToEarlier: "Em resposta a uma mensagem anterior",
	reacted: "Reagiu com %s a %s: “%s”", reactedEarlier: "Reagiu com %s a uma mensagem anterior",
	unreacted: "Retirou a reação a %s: “%s”", unreactedEarlier: "Retirou a reação a uma mensagem anterior",
	tickets: "Chamados", ticketOpened: "aberto em %s", ticketEdited: "descrição alterada",
	ticketStatuses: map[ticket.Status]string{
		ticket.Open: "aberto", ticket.InProgress: "em andamento", ticket.Resolved: "resolvido",
	},
	events: map[handoff.EventKind]string{
		handoff.EventContactCreated: "Novo contato", handoff.EventStarted: "Atendimento iniciado",
		handoff.EventHandedOff: "Atendimento humano solicitado", handoff.EventAssigned: "Atribuído",
		handoff.EventTransferred: "Transferido", handoff.EventRequeued: "De volta à fila",
		handoff.EventWithdrawn: "Atendimento humano não é mais necessário", handoff.EventEnded: "Atendimento encerrado",
		handoff.EventPriority: "Prioridade: %s", handoff.EventTags: "Etiquetas: %s", handoff.EventTicket: "Chamado: %s",
		handoff.EventMerged: "O contato já era conhecido",
		handoff.EventErased: "Os textos foram apagados",
	},
	toQueue: "para a fila %s", toAgent: "para %s", fromQueue: "da fila %s", fromAgent: "de %s", by: "por %s",
	because: "motivo: %s",
	reasons: map[handoff.Reason]string{
		handoff.ReasonReturned: "controle devolvido ao bot", handoff.ReasonClosed: "fechado",
		handoff.ReasonMerged: "contatos unificados", handoff.ReasonAgentLost: "atendente sem conexão",
		handoff.ReasonAgentDisabled: "atendente desativado", handoff.ReasonQueueRemoved: "fila removida",
	},
	otherEvent: "Evento: %s",
}

var spanish = words{
	language: "es",
	title:    "Transcripción de la conversación", contact: "Contacto", number: "Número", username: "Usuario", bot: "Bot",
	zone: "Zona horaria", generated: "Generado el",
	attendance: "Atención", period: "Período", channel: "Canal", queue: "Cola", agents: "Agentes", state: "Estado",
	priority: "Prioridad", tags: "Etiquetas", id: "Id", stillOpen: "sin terminar",
	date: "%[1]s, %[2]d de %[3]s de %[4]d", stamp: "02/01/2006 15:04", decimal: ",",
	days: [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
	months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio",
		"julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
	agent: "agente", system: "Sistema", note: "nota privada",
	noMessages: "Ningún mensaje.", noAttendances: "Ninguna atención.",
	page: "Página %d de %d", messages: "Mensajes", conversations: "Conversaciones",
	closing: "Acerca de esta copia",
	howToCheck: "El SHA-256 se calcula sobre los mensajes que se muestran aquí, tal como están en la transcripción en JSON de las mismas " +
		"conversaciones y opciones: la línea de cada mensaje y un salto de línea. Si ambas sumas son iguales, nada se agregó, omitió ni cambió.",
	unopened: "No se pudo abrir el archivo.", unshown: "La imagen no se puede mostrar.",
	masked: "Datos ocultos",
	states: map[handoff.State]string{
		handoff.StateBot: "con el bot", handoff.StateWaiting: "en espera", handoff.StateAssigned: "con un agente",
		handoff.StateEnded: "terminada",
	},
	priorities: [4]string{"sin prioridad", "baja", "media", "alta"},
	deliveries: map[handoff.Delivery]string{
		handoff.Queued: "por enviar", handoff.Sent: "✓ enviado", handoff.Failed: "✗ no entregado",
		handoff.Delivered: "✓✓ entregado", handoff.Read: "✓✓ leído",
	},
	failure: "No entregado: %s", sentAt: "enviado %s",
	kinds: map[handoff.Kind]string{
		handoff.KindText: "Mensaje vacío", handoff.KindImage: "Imagen", handoff.KindAudio: "Audio", handoff.KindVideo: "Video",
		handoff.KindDocument: "Documento", handoff.KindSticker: "Sticker", handoff.KindLocation: "Ubicación",
		handoff.KindContacts: "Tarjeta de contacto", handoff.KindReply: "Opción elegida", handoff.KindReaction: "Reacción",
		handoff.KindOrder: "Pedido", handoff.KindButtons: "Botones", handoff.KindList: "Lista",
		handoff.KindTemplate: "Plantilla", handoff.KindBrief: "Entregado por el bot",
		handoff.KindUnknown: "Mensaje de tipo desconocido", handoff.KindErased: "Este mensaje fue borrado",
	},
	voice: "Mensaje de voz", wholeText: "Abreviado; el texto completo está adjunto",
	inReplyTo: "En respuesta a %s: “%s”", inReplyToEarlier: "En respuesta a un mensaje anterior",
	reacted: "Reaccionó con %s a %s: “%s”", reactedEarlier: "Reaccionó con %s a un mensaje anterior",
	unreacted: "Quitó la reacción a %s: “%s”", unreactedEarlier: "Quitó la reacción a un mensaje anterior",
	tickets: "Tickets", ticketOpened: "abierto el %s", ticketEdited: "descripción cambiada",
	ticketStatuses: map[ticket.Status]string{
		ticket.Open: "abierto", ticket.InProgress: "en curso", ticket.Resolved: "resuelto",
	},
	events: map[handoff.EventKind]string{
		handoff.EventContactCreated: "Contacto nuevo", handoff.EventStarted: "Atención iniciada",
		handoff.EventHandedOff: "Se pidió una persona", handoff.EventAssigned: "Asignada",
		handoff.EventTransferred: "Transferida", handoff.EventRequeued: "De vuelta en la cola",
		handoff.EventWithdrawn: "Ya no hace falta una persona", handoff.EventEnded: "Atención terminada",
		handoff.EventPriority: "Prioridad: %s", handoff.EventTags: "Etiquetas: %s", handoff.EventTicket: "Ticket: %s",
		handoff.EventMerged: "El contacto ya era conocido",
		handoff.EventErased: "Los textos fueron borrados",
	},
	toQueue: "a la cola %s", toAgent: "a %s", fromQueue: "de la cola %s", fromAgent: "de %s", by: "por %s",
	because: "motivo: %s",
	reasons: map[handoff.Reason]string{
		handoff.ReasonReturned: "control devuelto al bot", handoff.ReasonClosed: "cerrada",
		handoff.ReasonMerged: "contactos unificados", handoff.ReasonAgentLost: "agente sin conexión",
		handoff.ReasonAgentDisabled: "agente desactivado", handoff.ReasonQueueRemoved: "cola eliminada",
	},
	otherEvent: "Evento: %s",
}
