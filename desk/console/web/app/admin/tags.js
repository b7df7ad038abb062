// The catalogue of tags: how they look, and who sets them.

import { h } from '../lib/dom.js';
import { patch } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { fail, toast } from '../lib/feedback.js';
import { me } from '../desk.js';
import { Entries } from './entries.js';
import { part } from './form.js';
import { choice, idField, line, toggle } from './fields.js';

const COLOURS = ['grey', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple', 'pink'];
const SETTERS = ['', 'agent', 'bot'];

const setters = (by) => t(`tags.set_by.${by || 'all'}`);

class Tags extends Entries {
  kind = { page: 'tags', path: 'tags', list: 'tags', setting: 'tag', sign: 'tag', columns: ['look', 'set_by'] };

  cells(tag) {
    return [h('span', { class: 'chip tag', data: { colour: tag.colour } }, h('span', null, tag.name)),
      tag.archived ? t('tags.archived') : setters(tag.setBy)];
  }

  show(head, ...body) {
    const list = !this.item && !this.fresh;
    super.show(head, list && h('div', { class: 'part__body' }, toggle({ label: t('tags.closed'), hint: t('tags.closed_hint'), value: !!me.get().bot.closedTags, on: close })), body);
  }

  fields(tag, all) {
    const v = tag ?? { name: '', colour: 'grey' };
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256 });
    const ident = !tag && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('tags.word'), hint: t('tags.word_hint') });
    const colour = choice({ name: 'colour', label: t('tags.colour'), value: v.colour, options: COLOURS.map((c) => [c, h('span', { class: 'chip tag', data: { colour: c } }, h('span', null, t(`tags.colours.${c}`)))]) });
    const setBy = choice({ name: 'setBy', as: 'set by', label: t('tags.set_by.label'), value: v.setBy ?? '', options: SETTERS.map((s) => [s, setters(s)]) });
    const archived = choice({ name: 'archived', label: t('tags.state'), value: v.archived ? 'yes' : '', options: [['', t('tags.in_use'), t('tags.in_use_hint')], ['yes', t('tags.archived'), t('tags.archived_hint')]] });
    colour.el.classList.add('palette');
    return {
      fields: [name, ident, colour, setBy, archived].filter(Boolean),
      content: [part(t('tags.tag'), null, name.el, ident && ident.el, colour.el, setBy.el, archived.el)],
    };
  }

  body({ archived, setBy, ...values }) {
    return { ...values, setBy: setBy || undefined, archived: archived === 'yes' };
  }
}

async function close(closedTags) {
  try {
    const bot = await patch('bot', { closedTags });
    const self = me.get();
    me.set({ ...self, bot: { ...bot, ticketTypes: self.bot.ticketTypes } });
    toast(t('admin.saved'), { kind: 'success' });
  } catch (e) {
    fail(e);
  }
}

customElements.define('admin-tags', Tags);
