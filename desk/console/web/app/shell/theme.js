// Light, dark, or as the system has it.

const KEY = 'handoff.theme';

/** 'light', 'dark' or 'auto'. */
export const theme = () => localStorage.getItem(KEY) ?? 'auto';

export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

export function useTheme(name) {
  localStorage.setItem(KEY, name);
  applyTheme();
}
