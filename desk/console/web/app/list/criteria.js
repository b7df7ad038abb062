// Criteria of a list: the library's filter.Criteria in its JSON form.

/** What a list shows unless asked otherwise. */
export const defaults = Object.freeze({ period: 'all', sortBy: 'last_received', control: 'all', tickets: 'all', status: 'active' });
