// Profiles: sets of permissions that have a name.

import { t } from '../lib/i18n.js';
import { me } from '../desk.js';
import { Entries } from './entries.js';
import { part } from './form.js';
import { checks, idField, line } from './fields.js';
import { PERMISSIONS } from './permissions.js';

class Profiles extends Entries {
  kind = { page: 'profiles', path: 'profiles', list: 'profiles', setting: 'profile', sign: 'people', columns: ['permissions'] };

  cells(profile) {
    return [profile.permissions.map((p) => t(`admin.permission.${p}`)).join(', ') || '–'];
  }

  fields(profile, all) {
    const v = profile ?? { name: '', permissions: [] };
    const mine = me.get().permissions;
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256 });
    const ident = !profile && idField({ follows: name, taken: (w) => all.some((o) => o.id === w), label: t('admin.id'), hint: t('profiles.id_hint') });
    const permissions = checks({ name: 'permissions', label: t('admin.permissions'), value: v.permissions,
      options: PERMISSIONS.map((p) => [p, t(`admin.permission.${p}`), t(`admin.permission_hints.${p}`), !mine.includes(p) && !v.permissions.includes(p)]) });
    return {
      fields: [name, ident, permissions].filter(Boolean),
      content: [part(t('profiles.profile'), profile && t('profiles.change_text'), name.el, ident && ident.el, permissions.el)],
    };
  }
}

customElements.define('admin-profiles', Profiles);
