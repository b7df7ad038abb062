// What an agent may do, and the sets of it that have a name.

export const PERMISSIONS = ['view_all', 'take_from_bot', 'transfer', 'send_templates', 'manage_queues', 'manage_agents', 'manage_settings', 'edit_contacts', 'export', 'reports', 'override', 'intervene', 'broadcast'];

export const ROLES = { agent: ['transfer', 'send_templates', 'edit_contacts', 'export'], admin: PERMISSIONS };

/** The role that a set of permissions is; 'custom' for any other. */
export function roleOf(permissions) {
  const same = (role) => role.length === permissions.length && role.every((p) => permissions.includes(p));
  return Object.keys(ROLES).find((name) => same(ROLES[name])) ?? 'custom';
}
