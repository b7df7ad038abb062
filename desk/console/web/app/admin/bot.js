// The settings of the bot.

import { get, patch } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { toast } from '../lib/feedback.js';
import { me } from '../desk.js';
import { Page } from './page.js';
import { Form, differing, part } from './form.js';
import { amount, languageField, line, select, words, zoneField } from './fields.js';
import { silence, silent } from './patience.js';

class BotSettings extends Page {
  connect() {
    const title = t('admin.page.bot');
    this.loading(title);
    this.attempt(title, async () => {
      const [bot, { slas }] = await Promise.all([get('bot'), get('slas')]);
      if (this.isConnected) this.#edit(bot, slas);
    });
  }

  #edit(bot, slas) {
    const name = line({ name: 'name', label: t('admin.name'), value: bot.name, required: true, max: 256 });
    const language = languageField({ value: bot.language ?? '', none: t('admin.not_said'), hint: t('admin.bot_language_hint') });
    const zone = zoneField({ value: bot.timeZone ?? '', hint: t('admin.bot_zone_hint') });
    const types = words({ name: 'ticketTypes', label: t('admin.ticket_types'), hint: t('admin.ticket_types_hint'), value: me.get().bot.ticketTypes ?? [] });
    const days = amount({ name: 'retainDays', as: 'retention', label: t('erasure.days'), hint: t('erasure.days_hint'), value: bot.retainDays || '', most: 36500 });
    const sla = select({ name: 'sla', as: 'bot sla', label: t('sla.level'), hint: t('sla.of_bot_hint'), value: bot.sla ?? '', options: [['', t('sla.no_level')], ...slas.map((v) => [v.id, v.name]), ...(bot.sla && !slas.some((v) => v.id === bot.sla) ? [[bot.sla, bot.sla]] : [])] });
    const quiet = silence(bot.silence, t('sla.silence_of_bot'));
    quiet.dependent();
    this.form = new Form({
      fields: [name, language, zone, sla, types, days, ...quiet.fields],
      content: [
        part(t('admin.bot'), t('admin.bot_id', { id: bot.id }), name.el, language.el, zone.el, sla.el),
        part(t('admin.tickets'), t('admin.tickets_text'), types.el),
        quiet.part,
        part(t('erasure.retention'), t('erasure.retention_text'), days.el),
      ],
      save: async (values, before) => {
        const saved = await patch('bot', differing(asSaid(values), asSaid(before)));
        const self = me.get();
        me.set({ ...self, bot: { ...saved, ticketTypes: values.ticketTypes.length ? values.ticketTypes : self.bot.ticketTypes } });
        toast(t('admin.saved'), { kind: 'success' });
      },
    });
    this.form.el.addEventListener('changed', quiet.dependent);
    this.show({ title: t('admin.page.bot') }, this.form.el);
  }
}

// What the form says, as the API has it.
const asSaid = ({ ask, question, end, ...values }) => ({ ...values, silence: silent({ ask, question, end }), retainDays: Number(values.retainDays) });

customElements.define('admin-bot', BotSettings);
