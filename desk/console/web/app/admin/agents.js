// The people who answer: who they are, what they may do, how much they take.

import { h, text, keyed } from '../lib/dom.js';
import { get, put, post, id } from '../lib/api.js';
import { t, number } from '../lib/i18n.js';
import { icon } from '../lib/icons.js';
import { avatar, paint } from '../lib/avatar.js';
import { confirm, fail, menuButton, toast } from '../lib/feedback.js';
import { go, link } from '../lib/router.js';
import { me } from '../desk.js';
import { keepFresh } from '../queues/refresh.js';
import { PERMISSIONS, ROLES, roleOf } from './permissions.js';
import { Page, plainText, showSecret } from './page.js';
import { Form, part } from './form.js';
import { amount, checks, choice, idField, languageField, line, select, words, zoneField } from './fields.js';

const DEFAULT_CAPACITY = 5;

// Before the id of a profile, where a role is chosen.
const PROFILE = 'profile:';

// The rules write a capacity of nothing as -1, and their default as 0.
const shownCapacity = (stored) => (stored < 0 ? 0 : stored || '');
const storedCapacity = (shown) => (shown === '' ? 0 : shown === 0 ? -1 : shown);

class Agents extends Page {
  profiles = [];
  calendars = [];

  connect() {
    const title = t('admin.page.agents');
    this.loading(title);
    this.attempt(title, async () => {
      const [{ agents }, { profiles }, { calendars }] = await Promise.all([get('agents'), get('profiles'), get('calendars')]);
      if (!this.isConnected) return;
      this.profiles = profiles;
      this.calendars = calendars;
      if (this.fresh) this.#edit(null, agents);
      else if (!this.item) this.#list(agents);
      else if (agents.some((a) => a.id === this.item)) this.#edit(agents.find((a) => a.id === this.item), agents);
      else this.missing(title, link('admin', 'agents'));
    });
  }

  #list(agents) {
    let all = agents;
    const search = h('input', { class: 'input', type: 'search', 'aria-label': t('admin.search_agents'), placeholder: t('admin.search_agents'), on: { input: () => render() } });
    const body = h('tbody');
    const none = h('p', { class: 'admin__none', hidden: true }, t('admin.nothing_found'));
    const render = () => {
      const want = plainText(search.value);
      const found = all.filter((a) => plainText(`${a.name} ${a.email ?? ''} ${a.id}`).includes(want))
        .sort((a, b) => Number(!!a.disabled) - Number(!!b.disabled) || a.name.localeCompare(b.name));
      keyed(body, found, (a) => a.id, agentRow, (el, a) => updateAgentRow(el, a, this.profiles.find((p) => p.id === a.profile)));
      none.hidden = found.length > 0;
    };
    this.show({ title: t('admin.page.agents'), text: t('admin.agents_text'), actions: h('a', { class: 'button button--primary', href: link('admin', 'agents', { new: '1' }) }, icon('plus'), t('admin.new_agent')) },
      h('div', { class: 'admin__search' }, search),
      h('table', { class: 'table' },
        h('thead', null, h('tr', null, ['name', 'role', 'capacity', 'skills'].map((c) => h('th', { scope: 'col', data: { column: c } }, t(`admin.column.${c}`))))),
        body),
      none);
    render();
    keepFresh(this, (e) => e.kind === 'agent_changed', async (signal) => {
      all = (await get('agents', null, { signal })).agents;
      render();
    });
  }

  #edit(agent, all) {
    const fresh = !agent;
    const self = me.get();
    const v = agent ?? { name: '', email: '', permissions: ROLES.agent, capacity: 0, skills: [], language: '', timeZone: '' };
    const name = line({ name: 'name', label: t('admin.name'), value: v.name, required: true, max: 256, input: { autocapitalize: 'words' } });
    const email = line({ name: 'email', label: t('admin.email'), value: v.email, type: 'email', max: 256, required: fresh && self.signIn === 'password',
      hint: self.signIn === 'password' ? t('admin.email_hint') : null });
    const ident = fresh && idField({ follows: name, taken: (w) => all.some((a) => a.id === w), label: t('admin.id'), hint: t('admin.agent_id_hint') });
    const lacks = (p) => !self.permissions.includes(p) && !v.permissions.includes(p);
    const role = choice({ name: 'role', as: ['role', 'profile'], label: t('admin.role'), value: v.profile ? PROFILE + v.profile : roleOf(v.permissions),
      options: [...['agent', 'admin', 'custom'].map((r) => [r, t(`admin.roles.${r}`), t(`admin.role_hints.${r}`)]),
        ...this.profiles.map((p) => [PROFILE + p.id, p.name, t('profiles.role_hint')])] });
    const profile = () => this.profiles.find((p) => PROFILE + p.id === role.get());
    const permissions = checks({ name: 'permissions', label: t('admin.permissions'), value: v.permissions,
      options: PERMISSIONS.map((p) => [p, t(`admin.permission.${p}`), t(`admin.permission_hints.${p}`), lacks(p)]) });
    const capacity = amount({ name: 'capacity', label: t('admin.capacity'), hint: t('admin.capacity_hint', { count: DEFAULT_CAPACITY }), value: shownCapacity(v.capacity ?? 0), placeholder: String(DEFAULT_CAPACITY) });
    const skills = words({ name: 'skills', label: t('admin.skills'), hint: t('admin.skills_hint'), value: v.skills ?? [] });
    const hours = select({ name: 'calendar', label: t('hours.works'), hint: t('hours.works_hint'), value: v.calendar ?? '', options: [['', t('hours.always')], ...this.calendars.map((c) => [c.id, c.name])] });
    const draining = choice({ name: 'draining', label: t('hours.new'), value: v.draining ? 'yes' : '', options: [['', t('hours.gets')], ['yes', t('hours.draining'), t('hours.draining_agent_hint')]] });
    const none = t('admin.of_the_bot', { value: self.bot.language || '–' });
    const language = languageField({ value: v.language ?? '', none });
    const zone = zoneField({ value: v.timeZone ?? '', none: t('admin.of_the_bot', { value: self.bot.timeZone || 'UTC' }) });
    const fields = [name, email, ident, role, permissions, capacity, skills, hours, draining, language, zone].filter(Boolean);

    // What a profile says is not for one agent to have otherwise.
    const bound = () => (permissions.el.disabled = !!profile());
    bound();
    role.el.addEventListener('input', () => {
      const preset = ROLES[role.get()] ?? profile()?.permissions;
      bound();
      if (preset && profile()) permissions.set(preset);
      else if (preset) permissions.set(preset.filter((p) => !lacks(p)));
    });
    permissions.el.addEventListener('input', () => !profile() && role.set(roleOf(permissions.get())));

    this.form = new Form({
      fields,
      fresh,
      label: fresh ? t('admin.create_agent') : t('common.save'),
      content: [
        part(t('admin.who'), null, name.el, email.el, ident && ident.el),
        part(t('admin.rights'), t('admin.rights_text'), role.el, permissions.el),
        part(t('admin.work'), t('admin.work_text'), capacity.el, skills.el, hours.el, draining.el),
        part(t('admin.locale'), null, language.el, zone.el),
      ],
      save: (values) => this.#save(values, agent),
    });
    this.show({ title: fresh ? t('admin.new_agent') : agent.name, back: link('admin', 'agents'), actions: agent && this.#acts(agent) },
      agent?.disabled && h('p', { class: 'notice notice--warning' }, icon('warning'), t('admin.agent_disabled', { name: agent.name })),
      this.form.el);
    if (fresh) name.focus();
  }

  #acts(agent) {
    const self = me.get();
    const items = () => [
      ...(self.signIn === 'password' && agent.email && !agent.disabled ? [
        { label: t('admin.invite'), hint: t('admin.invite_hint'), icon: icon('user'), run: () => invite(agent.id, agent.name) },
        { label: t('admin.reset_password'), icon: icon('refresh'), run: () => this.#reset(agent) },
      ] : []),
      agent.id !== self.agent.id && (agent.disabled
        ? { label: t('admin.enable'), icon: icon('check'), run: () => this.#disable(agent, false) }
        : { label: t('admin.disable'), icon: icon('close'), danger: true, run: () => this.#disable(agent, true) }),
    ].filter(Boolean);
    return items().length > 0 && menuButton({ class: 'button' }, [t('admin.actions'), icon('down')], items);
  }

  async #save({ id: chosen, role, ...values }, agent) {
    const key = agent?.id ?? chosen;
    await put(`agents/${id(key)}`, body({ ...values, profile: role.startsWith(PROFILE) ? role.slice(PROFILE.length) : '', capacity: storedCapacity(values.capacity), draining: values.draining === 'yes', disabled: !!agent?.disabled }));
    this.form.settle();
    if (agent) {
      toast(t('admin.saved'), { kind: 'success' });
      this.connect();
      return;
    }
    if (me.get().signIn === 'password') await invite(key, values.name);
    else toast(t('admin.saved'), { kind: 'success' });
    go(link('admin', 'agents', key), { replace: true });
  }

  async #reset(agent) {
    if (!(await confirm({ title: t('admin.reset_password'), text: t('admin.reset_text', { name: agent.name }), yes: t('admin.reset_password'), danger: true }))) return;
    await invite(agent.id, agent.name, true);
  }

  async #disable(agent, disabled) {
    if (disabled && !(await confirm({ title: t('admin.disable_title', { name: agent.name }), text: t('admin.disable_text'), yes: t('admin.disable'), danger: true }))) return;
    try {
      await put(`agents/${id(agent.id)}`, body({ ...agent, disabled }));
      toast(t(disabled ? 'admin.disabled_now' : 'admin.enabled_now', { name: agent.name }), { kind: 'success' });
      this.form = null;
      this.connect();
    } catch (e) {
      fail(e);
    }
  }
}

/**
 * What of an agent is put; the rest is theirs or the desk's.
 *
 * @param {any} agent
 */
const body = ({ name, email = '', permissions, profile = '', capacity = 0, skills = [], language = '', timeZone = '', calendar = '', draining = false, disabled = false }) =>
  ({ name, email, permissions, profile, capacity, skills, language, timeZone, calendar, draining, disabled });

/** Gives the agent a sign-in, or with `reset` another temporary password, which is shown once. */
async function invite(agent, name, reset = false) {
  try {
    const { email, temporaryPassword } = await post(`agents/${id(agent)}/invitation`, reset ? { reset } : {}, { once: true });
    if (!temporaryPassword) {
      toast(t('admin.invited_known', { name, email }), { kind: 'success', ms: 9000 });
      return;
    }
    await showSecret({ title: t('admin.temporary_title', { name }), said: t('admin.temporary_text', { email }), label: t('admin.temporary_password'), value: temporaryPassword });
  } catch (e) {
    if (reset && e.code === 'not_found') await invite(agent, name);
    else fail(e);
  }
}

function agentRow(agent) {
  return h('tr', null,
    h('td', null, h('a', { class: 'entry', href: link('admin', 'agents', agent.id) },
      avatar(agent.name, agent.id, 'avatar--small'),
      h('span', { class: 'entry__text' }, h('strong'), h('small')),
      h('span', { class: 'badge badge--danger' }, t('admin.disabled')))),
    h('td', { data: { column: 'role' } }), h('td', { data: { column: 'capacity' } }), h('td', { data: { column: 'skills' } }));
}

function updateAgentRow(el, agent, profile) {
  paint(el.querySelector('.avatar'), agent.name, agent.id);
  text(el.querySelector('strong'), agent.name);
  text(el.querySelector('small'), agent.email || agent.id);
  el.querySelector('.badge').hidden = !agent.disabled;
  el.classList.toggle('is-disabled', !!agent.disabled);
  const [role, capacity, skills] = [...el.querySelectorAll('td[data-column]')];
  text(role, profile?.name ?? t(`admin.roles.${roleOf(agent.permissions)}`));
  text(capacity, agent.capacity < 0 ? '0' : number(agent.capacity || DEFAULT_CAPACITY));
  text(skills, (agent.skills ?? []).join(', '));
}

customElements.define('admin-agents', Agents);
