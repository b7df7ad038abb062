// What was typed and not sent, kept per bot, agent and conversation until it
// is sent: a reload, a crash or another conversation loses nothing.

const PREFIX = 'handoff.draft.';
const KEEP = 30 * 864e5;

const name = (bot, agent, conversation) => PREFIX + [bot, agent, conversation].map(encodeURIComponent).join('.');

/** The draft, {text, private, media}, or null. */
export function draft(bot, agent, conversation) {
  try {
    return JSON.parse(localStorage.getItem(name(bot, agent, conversation)) ?? 'null');
  } catch {
    return null;
  }
}

/** Keeps a draft; one without text and media is forgotten. */
export function keepDraft(bot, agent, conversation, value) {
  const key = name(bot, agent, conversation);
  try {
    if (value?.text?.trim() || value?.media?.length) localStorage.setItem(key, JSON.stringify({ ...value, at: Date.now() }));
    else localStorage.removeItem(key);
  } catch {
    // No room: the text stays in the box, which is all that can be done.
  }
}

/** Forgets drafts older than a month. */
export function forgetOldDrafts() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    try {
      if (Date.now() - JSON.parse(localStorage.getItem(key) ?? '{}').at <= KEEP) continue;
    } catch {
      // What cannot be read is of no use to anybody.
    }
    localStorage.removeItem(key);
  }
}
