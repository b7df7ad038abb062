// The service levels: how soon customers are answered, and done with.

import { t, duration } from '../lib/i18n.js';
import { Entries } from './entries.js';
import { part } from './form.js';
import { checks, idField, line, minutes } from './fields.js';

const YEAR = 365 * 24 * 60;
const TARGETS = ['first', 'next', 'duration'];
const CLOCKS = { first: 'first_response', next: 'next_response', duration: 'duration' };
const RULES = ['fromHandOff', 'businessHours', 'pause'];

class SLAs extends Entries {
  kind = { page: 'slas', path: 'slas', list: 'slas', setting: 'sla', sign: 'hourglass', columns: TARGETS };

  cells(sla) {
    return TARGETS.map((name) => (sla[name].withinSeconds ? duration(sla[name].withinSeconds * 1000) : '–'));
  }

  fields(sla, all) {
    const name = line({ name: 'name', label: t('admin.name'), value: sla?.name, required: true, max: 256 });
    const ident = !sla && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('sla.id_hint') });
    const targets = TARGETS.map((of) => {
      const within = minutes({ name: of, as: 'sla target', label: t('sla.within'), seconds: sla?.[of].withinSeconds, most: YEAR, placeholder: '–',
        check: () => (of === 'first' && targets.every((x) => !x.within.get()) ? t('sla.wrong.none') : '') });
      const warn = minutes({ name: `${of}Warn`, as: 'sla warning', label: t('sla.warn'), hint: t('sla.warn_hint'), seconds: sla?.[of].warnSeconds, most: YEAR, placeholder: '–',
        check: (v) => (v && v * 60 >= within.get() ? t('sla.wrong.warn') : '') });
      return { within, warn, el: part(t(`sla.clock.${CLOCKS[of]}`), t(`sla.clock_text.${of}`), within.el, warn.el) };
    });
    const rules = checks({ name: 'rules', label: t('sla.rules'), value: RULES.filter((r) => sla?.[r]), options: RULES.map((r) => [r, t(`sla.rule.${r}`), t(`sla.rule_hint.${r}`)]) });
    return {
      fields: [name, ident, ...targets.flatMap((x) => [x.within, x.warn]), rules].filter(Boolean),
      content: [part(t('sla.level'), null, name.el, ident && ident.el), ...targets.map((x) => x.el), part(t('sla.counting'), null, rules.el)],
    };
  }

  body({ name, rules, ...times }) {
    const target = (of) => ({ withinSeconds: times[of], warnSeconds: times[`${of}Warn`] });
    return { name, first: target('first'), next: target('next'), duration: target('duration'), ...Object.fromEntries(RULES.map((r) => [r, rules.includes(r)])) };
  }
}

customElements.define('admin-slas', SLAs);
