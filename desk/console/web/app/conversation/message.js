// One message in the timeline.

import { h, svg, text, fill } from '../lib/dom.js';
import { t, time, dateTime, has } from '../lib/i18n.js';
import { address, post, id } from '../lib/api.js';
import { fail } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { retry, discard } from './outbox.js';
import { content, inWords } from './content.js';
import { previews } from './upload.js';

/**
 * Makes the element of a timeline item of type 'message'; what is in it comes
 * with {@link updateMessage}.
 */
export function createMessage() {
  const el = h('li', { class: 'message' });
  el.parts = {
    said: h('span', { class: 'visually-hidden' }),
    who: h('span', { class: 'message__who', 'aria-hidden': 'true', dir: 'auto' }),
    quote: h('p', { class: 'quote', dir: 'auto' }),
    body: h('div', { class: 'message__body' }),
    meta: h('span', { class: 'message__meta' }),
    reactions: h('span', { class: 'reactions' }),
    failure: h('div', { class: 'message__failure' }),
    // Not a stop of the Tab key, of which there would be hundreds: there is a key for it.
    answer: h('button', { class: 'icon-button message__answer', type: 'button', tabindex: -1, 'aria-label': t('conv.quote.this'), title: t('conv.quote.this'), on: { click: () => el.dispatchEvent(new CustomEvent('quote', { bubbles: true, detail: el.item.message })) } }, icon('reply')),
  };
  const p = el.parts;
  el.append(p.said, p.who, h('div', { class: 'bubble' }, p.quote, p.body, p.meta, p.reactions, p.answer), p.failure);
  return el;
}

/**
 * Shows an item: {message, present, conversation, first, last, who, side,
 * quote, reactions, pending}. A part is touched only if it changed, so a
 * playing audio goes on when a tick turns blue.
 */
export function updateMessage(el, item) {
  const { message: m, pending } = item;
  const before = el.item;
  el.item = item;
  const p = el.parts;
  el.className = ['message', `message--${item.side}`, item.first && 'message--first', item.last && 'message--last', pending && 'message--pending'].filter(Boolean).join(' ');
  el.dataset.by = m.author.by;
  text(p.said, `${item.who}, ${time(m.at)}: `);
  text(p.who, item.first ? item.who : '');
  text(p.quote, item.quote);
  p.quote.hidden = !item.quote;
  text(p.reactions, item.reactions);
  p.reactions.hidden = !item.reactions;
  p.answer.hidden = !m.provider || !!m.private || item.conversation !== item.present;
  if (!before || before.message.kind !== m.kind) fill(p.body, m.kind === 'brief' && h('p', { class: 'kind' }, icon('bot'), h('span', null, t('kind.brief'))), content(m, (inline) => fileAddress(item, inline)));
  if (!before || before.message !== m || before.last !== item.last || before.pending?.state !== pending?.state) {
    meta(p.meta, item);
    failure(p.failure, item);
  }
}

function fileAddress({ message: m, conversation, present, pending }, inline) {
  if (pending) return previews.get(m.media?.sha256) ?? '';
  const path = conversation === present ? `conversations/${id(present)}` : `conversations/${id(present)}/history/${id(conversation)}`;
  return address(`${path}/messages/${id(m.id)}/attachment`, { inline: inline ? 1 : null });
}

function meta(el, { message: m, last, pending }) {
  const delivery = pending ? pending.state : m.delivery;
  fill(el,
    (last || pending) && h('time', { datetime: m.at, title: dateTime(m.sentAt || m.at) }, time(m.at)),
    m.recorded && h('span', { title: t('conv.recorded') }, t('conv.recordedMark')),
    delivery && delivery !== 'failed' && tick(delivery));
}

const DONE = 'M1.5 7.5l3.2 3.2 6-7';
const TICKS = {
  queued: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.2l2 1.3',
  sent: DONE,
  delivered: `${DONE}M7.2 10.7l6-7`,
  read: `${DONE}M7.2 10.7l6-7`,
};

function tick(delivery) {
  const state = TICKS[delivery] ? delivery : 'queued';
  const words = delivery === 'waiting' ? t('conv.delivery.waiting') : t(`conv.delivery.${state}`);
  return h('span', { class: ['tick', `tick--${state}`], title: words },
    svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: TICKS[state] })), h('span', { class: 'visually-hidden' }, words));
}

function failure(el, { message: m, present, conversation, pending }) {
  const failed = pending ? pending.state === 'failed' : m.delivery === 'failed';
  el.hidden = !failed;
  if (!failed) {
    el.replaceChildren();
    return;
  }
  const reason = pending ? refusal(pending.error) : m.failure;
  fill(el, icon('warning'), h('span', null, reason ? t('conv.failedBecause', { reason }) : t('conv.delivery.failed')),
    (pending || conversation === present) && h('button', { class: 'button button--small', type: 'button', on: { click: (e) => (pending ? retry(pending.key) : again(e.currentTarget, present, m)) } }, t('conv.retry')),
    pending && h('button', { class: 'button button--small', type: 'button', on: { click: () => {
      const entry = discard(pending.key);
      el.dispatchEvent(new CustomEvent('takeback', { bubbles: true, detail: entry }));
    } } }, t('conv.takeBack')));
}

function refusal(error) {
  if (!error) return '';
  return has(`error.${error.code}`) ? t(`error.${error.code}`, { detail: error.detail }) : error.detail;
}

async function again(button, conversation, m) {
  button.disabled = true;
  try {
    await post(`conversations/${id(conversation)}/messages/${id(m.id)}/retry`);
  } catch (e) {
    button.disabled = false;
    fail(e);
  }
}

/** A message as a screen reader hears it when it comes in. */
export const spoken = (m, who) => `${who}: ${inWords(m)}`;
