// How a conversation is called and told in a line.

import { t, has } from '../lib/i18n.js';

/** The contact's name, or else number, or else address. */
export const label = (row) => row.contactName || row.number || row.address || t('list.nameless');

/** The last message in words, without who wrote it. */
export function previewText(row) {
  const p = row.preview;
  if (!p?.kind) return '';
  if (p.text) return p.text;
  return has(`kind.${p.kind}`) ? t(`kind.${p.kind}`) : t('kind.unknown');
}

/** Who wrote the last message, as it stands before the text; '' is the contact. */
export function previewBy(row) {
  const by = row.preview?.by;
  if (!by || by === 'contact') return '';
  return t(`list.by.${by}`);
}

/** A channel's name: those of the usual platforms as they write themselves. */
export function channelName(channel) {
  return CHANNELS[channel] ?? channel.charAt(0).toUpperCase() + channel.slice(1);
}

const CHANNELS = { whatsapp: 'WhatsApp', instagram: 'Instagram', messenger: 'Messenger', telegram: 'Telegram', webchat: 'Web chat', web: 'Web chat', sms: 'SMS', email: 'E-mail', teams: 'Teams' };
