// Surveys: what contacts are asked when an agent ends the conversation.

import { h } from '../lib/dom.js';
import { get, put, id } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { link } from '../lib/router.js';
import { toast } from '../lib/feedback.js';
import { can } from '../desk.js';
import { Page } from './page.js';
import { Form, part } from './form.js';
import { area, choice, hours } from './fields.js';

// The bot's own, among the queues.
const BOT = ':bot';

class Surveys extends Page {
  connect() {
    const title = t('admin.page.surveys');
    this.loading(title);
    this.attempt(title, async () => {
      const all = await get('surveys');
      if (!this.isConnected) return;
      const queue = all.queues.find((q) => q.queue === this.item);
      if (!this.item) this.#list(all);
      else if (this.item === BOT && can('manage_settings')) this.#edit(t('surveys.of_bot'), all.bot, 'bot/survey', false);
      else if (queue && can('manage_queues')) this.#edit(queue.name, queue.survey, `queues/${id(queue.queue)}/survey`, true);
      else this.missing(title, link('admin', 'surveys'));
    });
  }

  #list(all) {
    const row = (key, name, survey, may) => h('tr', null,
      h('th', { scope: 'row' }, may ? h('a', { class: 'entry', href: link('admin', 'surveys', key) }, name) : name),
      h('td', null, t(`surveys.kind.${survey.kind || (key === BOT ? 'off' : 'bots')}`)),
      h('td', { dir: 'auto' }, survey.question ?? ''));
    this.show({ title: t('admin.page.surveys'), text: t('surveys.text') }, h('table', { class: 'table' },
      h('thead', null, h('tr', null, [t('surveys.whose'), t('surveys.asks'), t('surveys.question')].map((c) => h('th', { scope: 'col' }, c)))),
      h('tbody', null,
        row(BOT, t('surveys.of_bot'), all.bot, can('manage_settings')),
        all.queues.map((q) => row(q.queue, q.name, q.survey, can('manage_queues'))))));
  }

  #edit(title, survey, path, ofQueue) {
    const asks = ofQueue ? ['', 'csat', 'nps', 'none'] : ['', 'csat', 'nps'];
    const kind = choice({ name: 'kind', as: 'survey kind', label: t('surveys.asks'), value: survey.kind ?? '',
      options: asks.map((k) => [k, t(`surveys.kind.${k || (ofQueue ? 'bots' : 'off')}`), t(`surveys.hint.${k || (ofQueue ? 'bots' : 'off')}`)]) });
    const text = (name, rows, value) => area({ name, as: `survey ${name}`, label: t(`surveys.${name}`), hint: t(`surveys.${name}_hint`), value, max: 1024, rows });
    const question = text('question', 3, survey.question ?? '');
    const comment = text('comment', 2, survey.comment ?? '');
    const thanks = text('thanks', 2, survey.thanks ?? '');
    const keep = hours({ name: 'keep', as: 'survey time', label: t('surveys.hours'), hint: t('surveys.hours_hint'), seconds: survey.keepSeconds, placeholder: '24', most: 720 });
    const texts = part(t('surveys.texts'), t('surveys.texts_text'), question.el, comment.el, thanks.el, keep.el);
    this.form = new Form({
      fields: [kind, question, comment, thanks, keep],
      content: [part(t('surveys.asks'), null, kind.el), texts],
      save: async (v) => {
        const asked = v.kind === 'csat' || v.kind === 'nps';
        await put(path, asked ? { kind: v.kind, question: v.question, comment: v.comment, thanks: v.thanks, keepSeconds: v.keep } : { kind: v.kind });
        toast(t('admin.saved'));
      },
    });
    const show = () => {
      texts.hidden = kind.get() !== 'csat' && kind.get() !== 'nps';
      if (!question.get() && !texts.hidden) question.set(t(`surveys.sample.${kind.get()}`));
    };
    this.form.el.addEventListener('changed', show);
    show();
    this.show({ title, back: link('admin', 'surveys'), text: t('surveys.edit_text') }, this.form.el);
  }
}

customElements.define('admin-surveys', Surveys);
