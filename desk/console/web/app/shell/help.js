// The sheet of keys.

import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { bound, shown } from '../lib/keys.js';
import { dialog } from '../lib/feedback.js';

export function showKeys() {
  const groups = Map.groupBy(bound(), (b) => b.group ?? 'shell.keys.general');
  dialog({
    title: t('shell.keys.title'),
    class: 'dialog--wide',
    body: () => h('div', { class: 'keys' }, [...groups].map(([group, bindings]) => h('section', null,
      h('h3', null, t(group)),
      h('dl', null, bindings.map((b) => h('div', null,
        h('dt', null, t(b.label)),
        h('dd', null, shown(b.keys).map((k) => k.split(' ').map((part) => h('kbd', null, part)))))))))),
  });
}
