// The agent's own status, which nobody else sets: available, unavailable, or
// away with a reason.

import { h, View, fill } from '../lib/dom.js';
import { t, duration } from '../lib/i18n.js';
import { put } from '../lib/api.js';
import { menuButton, dialog, fail } from '../lib/feedback.js';
import { icon } from '../lib/icons.js';
import { bind } from '../lib/keys.js';
import { awayName, awayPlan, awayReasons } from '../catalogues.js';
import { me, stream, now } from '../desk.js';

const DOT = { available: 'on', away: 'away', unavailable: 'grey' };

class Status extends View {
  connect() {
    const dot = h('span', { class: 'dot' });
    const words = h('span', { class: 'status__words' });
    const since = h('span', { class: 'status__since' });
    const anchor = menuButton({ class: 'button status' }, [dot, words, since, icon('down')], () => this.#items());
    fill(this, anchor);
    const paint = () => {
      const agent = me.get()?.agent;
      if (!agent) return;
      const availability = agent.availability || 'unavailable';
      const linked = stream.state.get() === 'live';
      dot.className = `dot dot--${linked ? DOT[availability] : 'grey'}`;
      words.textContent = agent.awayReason ? `${t('availability.away')} · ${awayName(agent.awayReason)}` : t(`availability.${availability}`);
      const plan = awayPlan(agent.awayReason, agent.since, now());
      since.textContent = plan.words || (agent.since ? duration(now() - new Date(agent.since).getTime()) : '');
      since.classList.toggle('is-over', plan.over);
      anchor.firstElementChild.title = t(linked ? 'availability.connected' : 'availability.disconnected');
    };
    this.watch(me, paint);
    this.watch(stream.state, paint);
    this.watch(awayReasons, () => {
      paint();
      anchor.refresh();
    });
    this.every(30e3, paint);
    this.until(bind({ keys: 'Shift+A', label: 'shell.keys.available', group: 'shell.keys.general', run: () => {
      const available = me.get().agent.availability === 'available';
      setAvailability(available ? 'unavailable' : 'available');
    } }));
  }

  #items() {
    const agent = me.get().agent;
    const is = agent.availability || 'unavailable';
    const item = (availability, reason = '', minutes = 0) => ({
      label: awayName(reason) || t(`availability.${availability}`),
      hint: minutes ? t('away.planned', { count: minutes }) : availability === 'available' ? t('shell.availableHint') : availability === 'unavailable' ? t('shell.unavailableHint') : '',
      icon: h('span', { class: `dot dot--${DOT[availability]}` }),
      checked: is === availability && (agent.awayReason ?? '') === reason,
      run: () => setAvailability(availability, reason),
    });
    const reasons = awayReasons.get();
    if (reasons.length) return [item('available'), item('unavailable'), null, ...reasons.map((r) => item('away', r.id, r.minutes))];
    return [
      item('available'), item('unavailable'), null,
      item('away'),
      ...['meal', 'pause', 'meeting', 'training'].map((name) => item('away', t(`shell.away.${name}`))),
      { label: t('shell.away.another'), icon: h('span', { class: 'dot dot--away' }), run: askReason },
    ];
  }
}

async function askReason() {
  const reason = await dialog({
    title: t('shell.away.title'),
    class: 'dialog--small',
    body: (close) => h('form', { class: 'fields', on: {
      submit: (e) => {
        e.preventDefault();
        close(e.target.elements.reason.value.trim());
      },
    } },
    h('label', { class: 'field' }, h('span', null, t('shell.away.reason')), h('input', { class: 'input', name: 'reason', maxlength: 100, required: true, autofocus: true })),
    h('footer', { class: 'dialog__foot' },
      h('button', { class: 'button', type: 'button', on: { click: () => close() } }, t('common.cancel')),
      h('button', { class: 'button button--primary', type: 'submit' }, t('availability.away')))),
  });
  if (reason) setAvailability('away', reason);
}

/** Sets the agent's status: shown at once, taken back if the desk refuses. */
async function setAvailability(availability, reason = '') {
  const before = me.get();
  me.set({ ...before, agent: { ...before.agent, availability, awayReason: reason, since: new Date(now()).toISOString() } });
  try {
    await put('me/availability', { availability, reason });
  } catch (e) {
    me.set({ ...me.get(), agent: before.agent });
    fail(e);
  }
}

customElements.define('desk-status', Status);
