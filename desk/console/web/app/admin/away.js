// The reasons to be away, and how long each is to last.

import { t } from '../lib/i18n.js';
import { Entries } from './entries.js';
import { part } from './form.js';
import { amount, idField, line } from './fields.js';

const DAY = 24 * 60;

class Away extends Entries {
  kind = { page: 'away', path: 'away-reasons', list: 'awayReasons', setting: 'away', sign: 'clock', columns: ['minutes'] };

  cells(reason) {
    return [reason.minutes ? t('away.planned', { count: reason.minutes }) : '–'];
  }

  fields(reason, all) {
    const v = reason ?? { name: '' };
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256 });
    const ident = !reason && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('away.id_hint') });
    const minutes = amount({ name: 'minutes', label: t('away.minutes'), hint: t('away.minutes_hint'), value: v.minutes || '', placeholder: '–', most: DAY });
    return {
      fields: [name, ident, minutes].filter(Boolean),
      content: [part(t('away.reason'), null, name.el, ident && ident.el, minutes.el)],
    };
  }

  body({ name, minutes }) {
    return { name, minutes: minutes || 0 };
  }
}

customElements.define('admin-away', Away);
