// What stands above the composer: who is in control, and how to change that.

import { h, fill, text } from '../lib/dom.js';
import { t, dateTime, duration } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { link } from '../lib/router.js';
import { can, me, now, agentName, queueName } from '../desk.js';
import { label } from '../list/words.js';
import * as actions from './actions.js';
import { explainWaiting } from '../queues/explain.js';

export class Banner {
  #thread;
  #shown = '';
  #time = null;

  constructor() {
    this.el = h('div', { class: 'banner', role: 'status' });
  }

  open(thread) {
    this.#thread = thread;
    this.#shown = '';
  }

  render() {
    const row = this.#thread.row;
    const shown = row ? JSON.stringify([row.state, row.queue, row.agent, row.can, row.waitingSince, row.number, row.reason]) : '';
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#time = null;
    const parts = row ? this.#parts(row) : null;
    this.el.hidden = !parts;
    this.el.dataset.state = row?.state ?? '';
    fill(this.el, parts);
    this.tick();
  }

  tick() {
    const row = this.#thread?.row;
    if (this.#time && row) text(this.#time, duration(now() - new Date(row.waitingSince).getTime()));
  }

  #parts(row) {
    const takeIt = (words) => row.can.take && h('button', { class: 'button button--primary button--small', type: 'button', on: { click: () => actions.take(this.#thread) } }, words);
    switch (row.state) {
      case 'bot':
        return [icon('bot'), h('span', null, t('conv.banner.bot')), takeIt(t('conv.banner.takeOver'))];
      case 'waiting':
        this.#time = h('strong');
        return [icon('clock'), h('span', null, t('conv.banner.waiting', { queue: row.queueName || queueName(row.queue) }), ' ', this.#time),
          h('button', { class: 'button button--small', type: 'button', on: { click: () => explainWaiting(row.id, label(row)) } }, t('conv.banner.why')), takeIt(t('conv.action.take'))];
      case 'ended':
        return [icon('check'), h('span', null, t('conv.banner.ended', { at: dateTime(row.endedAt) })),
          row.number && can('send_templates') && me.get().lines?.length > 0 && h('a', { class: 'button button--small', href: link('start', { number: row.number }) }, t('conv.banner.startAgain'))];
    }
    if (row.can.reply && row.agent === me.get().agent.id) return null;
    return [icon('user'), h('span', null, t(row.can.reply ? 'conv.banner.othersButYours' : 'conv.banner.others', { agent: agentName(row.agent) }))];
  }
}
