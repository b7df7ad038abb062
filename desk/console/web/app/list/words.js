// How a conversation is called and told in a line.

import { t, has } from '../lib/i18n.js';

/** The contact's name, or else number, or else address. */
export const label = (row) => row.contactName || phone(row) || row.address || t('list.nameless');

/** The contact's number as people write it; what is no telephone number stays. */
export function phone({ number = '', channel }) {
  if (channel !== 'whatsapp' && channel !== 'sms' || !/^\+?\d{8,15}$/.test(number)) return number;
  const digits = number.replace('+', '');
  const brazil = digits.match(/^55(\d{2})(\d{4,5})(\d{4})$/);
  return brazil ? `+55 ${brazil[1]} ${brazil[2]}-${brazil[3]}` : `+${digits}`;
}

/** The last message in words, without who wrote it. */
export function previewText(row) {
  const p = row.preview;
  if (!p?.kind) return '';
  if (p.text) return p.text;
  return has(`kind.${p.kind}`) ? t(`kind.${p.kind}`) : t('kind.unknown');
}

/**
 * Who wrote the last message, as it stands before the text; '' is the contact.
 * What an agent wrote is taken for that of the one who has it.
 */
export function previewBy(row, self) {
  const by = row.preview?.by;
  if (!by || by === 'contact') return '';
  if (by === 'agent' && (row.agent || row.lastAgent) === self) return t('common.you');
  return t(`list.by.${by}`);
}

/** A channel's name: those of the usual platforms as they write themselves. */
export function channelName(channel) {
  return CHANNELS[channel] ?? channel.charAt(0).toUpperCase() + channel.slice(1);
}

const CHANNELS = { whatsapp: 'WhatsApp', instagram: 'Instagram', messenger: 'Messenger', telegram: 'Telegram', webchat: 'Web chat', web: 'Web chat', sms: 'SMS', email: 'E-mail', teams: 'Teams' };
