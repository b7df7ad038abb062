// What a message says, by its kind. All of it is other people's: it becomes
// text, or an attachment by the desk's own address, and nothing else.

import { h } from '../lib/dom.js';
import { t, has } from '../lib/i18n.js';
import { linkify, safeAddress } from '../lib/links.js';
import { dialog } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { fileSize } from './words.js';

// Longer texts are folded until somebody asks.
const FOLD = 1500;

/**
 * The nodes of a message's content.
 *
 * @param {any} m the message, or the content of one being sent
 * @param {(inline: boolean) => string} file the attachment's address
 */
export function content(m, file) {
  const make = KINDS[m.kind] ?? unknown;
  return [...[make(m, file)].flat(), m.overflow?.stored && whole(file), m.raw && m.kind !== 'unknown' && raw(m, t('conv.raw.more'))];
}

const KINDS = {
  text: (m) => body(m.text),
  image: (m, file) => [picture(m, file, 'shot'), body(m.text)],
  sticker: (m, file) => [picture(m, file, 'sticker'), body(m.text)],
  audio: (m, file) => [sound(m, file), body(m.text)],
  video: (m, file) => [film(m, file), body(m.text)],
  document: (m, file) => [download(m, file), body(m.text)],
  location: (m) => [place(m.location ?? {}), body(m.text)],
  contacts: (m) => [h('ul', { class: 'cards' }, (m.cards ?? []).map(card)), body(m.text)],
  reply: (m) => [label('reply', t('kind.reply')), body(m.reply?.title || m.text), m.reply?.description && h('p', { class: 'faint' }, m.reply.description)],
  reaction: (m) => body(m.reaction?.emoji ? t('conv.reacted', { emoji: m.reaction.emoji }) : t('conv.reactionRemoved')),
  order: (m) => [label('file', t('kind.order')), order(m.items ?? []), body(m.text)],
  buttons: (m) => [body(m.text), h('ul', { class: 'choices', 'aria-label': t('kind.buttons') }, (m.buttons ?? []).map((b) => h('li', null, b.title)))],
  list: (m) => [body(m.text), choices(m.list ?? {})],
  template: (m) => [label('file', t('conv.templateNamed', { name: m.template?.name ?? '' })), body(m.text)],
  brief: (m) => brief(m),
  erased: () => h('p', { class: 'faint' }, t('kind.erased')),
};

function unknown(m) {
  return [h('p', { class: 'faint' }, t('conv.unknown')), body(m.text), m.raw && raw(m, t('conv.raw.show'))];
}

/** Text with its links; long ones are folded. */
export function body(s) {
  if (!s) return null;
  if (s.length <= FOLD) return h('p', { class: 'text', dir: 'auto' }, linkify(s));
  const more = h('button', { class: 'button button--quiet button--small', type: 'button', on: { click: () => {
    p.replaceChildren(...linkify(s));
    more.remove();
  } } }, t('conv.more'));
  const p = h('p', { class: 'text', dir: 'auto' }, linkify(`${s.slice(0, FOLD).replace(/[\ud800-\udbff]$/, '')}…`));
  return [p, more];
}

/** The note of the bot at a hand-off, with the fields it collected. */
export function brief(m) {
  const fields = Object.entries(m.fields ?? {});
  return [
    body(m.text),
    fields.length > 0 && h('dl', { class: 'fields-of-brief' }, fields.map(([name, value]) => [h('dt', { dir: 'auto' }, name), h('dd', { dir: 'auto' }, linkify(value))])),
  ];
}

const label = (name, words) => h('p', { class: 'kind' }, icon(name), h('span', null, words));

const fileName = (m) => m.media?.name || t(`kind.${m.kind}`);

// Where the desk has no copy, the platform may have one.
function missing(m) {
  const href = safeAddress(m.media?.url ?? '');
  return h('div', { class: 'file' }, icon(ICONS[m.kind]), h('span', { class: 'file__name' }, fileName(m)),
    href ? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, t('conv.media.open')) : h('span', { class: 'faint' }, t('conv.media.missing')));
}

const ICONS = { image: 'image', sticker: 'image', audio: 'audio', video: 'video', document: 'file' };

function download(m, file) {
  if (!m.media?.stored) return missing(m);
  const name = fileName(m);
  const href = file(false);
  return h(href ? 'a' : 'div', { class: 'file', href: href || null, download: href ? name : null }, icon(ICONS[m.kind] ?? 'file'),
    h('span', { class: 'file__name', dir: 'auto' }, name), h('span', { class: 'faint' }, fileSize(m.media.size)), href && icon('download'));
}

// The box has its size before the picture is there.
function picture(m, file, look) {
  if (!m.media?.stored) return missing(m);
  const alt = m.media.name ? t('conv.media.imageNamed', { name: m.media.name }) : t(`kind.${m.kind}`);
  if (!file(true)) return h('div', { class: [look, 'shot--empty'] }, icon('image'));
  const img = h('img', { src: file(true), alt, loading: 'lazy', decoding: 'async', on: { error: () => box.replaceWith(download(m, file)) } });
  const box = h('button', { type: 'button', class: look, 'aria-label': t('conv.media.enlarge', { name: alt }), on: { click: () => enlarge(m, file, alt) } }, img);
  return box;
}

function enlarge(m, file, alt) {
  dialog({ title: fileName(m), class: 'dialog--picture', body: () => [
    h('img', { src: file(true), alt }),
    h('footer', { class: 'dialog__foot' }, h('a', { class: 'button', href: file(false), download: fileName(m) }, icon('download'), t('conv.media.download'))),
  ] });
}

function sound(m, file) {
  if (!m.media?.stored || !file(true)) return download(m, file);
  const el = h('audio', { controls: true, preload: 'none', src: file(true), 'aria-label': t(m.media.voice ? 'conv.media.voice' : 'kind.audio'), on: { error: () => box.replaceWith(download(m, file)) } });
  const box = h('div', { class: 'sound' }, m.media.voice && label('audio', t('conv.media.voice')), el);
  return box;
}

function film(m, file) {
  if (!m.media?.stored || !file(true)) return download(m, file);
  const el = h('video', { controls: true, preload: 'metadata', class: 'film', src: file(true), 'aria-label': fileName(m), on: { error: () => el.replaceWith(download(m, file)) } });
  return el;
}

function place({ latitude = 0, longitude = 0, name, address }) {
  const at = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return h('div', { class: 'place' }, icon('pin'), h('div', null,
    name && h('strong', { dir: 'auto' }, name), address && h('p', { dir: 'auto' }, address), h('p', { class: 'faint' }, at),
    h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, t('conv.media.map'))));
}

function card({ name, org, phones = [], emails = [] }) {
  return h('li', { class: 'card' }, icon('user'), h('div', null,
    h('strong', { dir: 'auto' }, name), org && h('p', { class: 'faint', dir: 'auto' }, org),
    phones.map((p) => h('p', null, reach(`tel:${p.replace(/[^\d+]/g, '')}`, p))), emails.map((e) => h('p', null, reach(`mailto:${e}`, e)))));
}

function reach(address, shown) {
  const href = safeAddress(address);
  return href ? h('a', { href, dir: 'ltr' }, shown) : shown;
}

function order(items) {
  return h('ul', { class: 'order' }, items.map((i) => h('li', null,
    h('span', null, `${i.quantity} ×`), h('span', { dir: 'auto' }, i.product), i.price && h('span', { class: 'order__price' }, [i.currency, i.price].filter(Boolean).join(' ')))));
}

function choices({ button, sections = [] }) {
  return h('details', { class: 'choices-list' }, h('summary', null, button || t('kind.list')),
    sections.map((s) => [s.title && h('p', { class: 'faint' }, s.title), h('ul', { class: 'choices' }, s.rows.map((r) => h('li', null, r.title, r.description && h('small', null, r.description))))]));
}

const whole = (file) => h('a', { class: 'file', href: file(false), download: '' }, icon('file'), h('span', { class: 'file__name' }, t('conv.overflow')), icon('download'));

function raw(m, summary) {
  return h('details', { class: 'raw' }, h('summary', null, summary), h('pre', { dir: 'ltr', tabindex: 0 }, decoded(m.raw)));
}

function decoded(base64) {
  try {
    const text = new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  } catch {
    return base64;
  }
}

/** A message in a few words, for quotes and for screen readers. */
export function inWords(m) {
  const words = m.kind === 'reply' ? m.reply?.title : m.kind === 'reaction' ? m.reaction?.emoji : m.text;
  const kind = m.kind === 'text' ? '' : has(`kind.${m.kind}`) ? t(`kind.${m.kind}`) : t('kind.unknown');
  return [kind, words || m.media?.name].filter(Boolean).join(': ');
}
