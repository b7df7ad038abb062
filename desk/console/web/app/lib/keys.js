// The keyboard: every action has a key, and all of them can be shown.

const bindings = [];

/**
 * Binds a key. `keys` are as in 'j', 'Shift+E', 'Mod+Enter' (Ctrl, or Command
 * on a Mac) or 'g c' (one after the other); letters are lower case unless
 * Shift is named. `label` is a catalogue key. Without `typing`, nothing
 * happens while somebody types. `when` says whether it applies now. Returns
 * what takes it away again.
 *
 * @param {{keys: string, label: string, group?: string, run: (e: KeyboardEvent) => void, when?: () => boolean, typing?: boolean}} binding
 */
export function bind(binding) {
  bindings.push(binding);
  return () => {
    const at = bindings.indexOf(binding);
    if (at >= 0) bindings.splice(at, 1);
  };
}

/** All bindings that apply now, in the order they were made. */
export const bound = () => bindings.filter((b) => !b.when || b.when());

const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** How a binding is shown: '⌘ Enter', 'g then c' as ['g', 'c']. */
export const shown = (keys) => keys.split(' ').map((k) => k.replace('Mod', mac ? '⌘' : 'Ctrl').replaceAll('+', ' '));

function name(e) {
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const letter = /^\p{L}$/u.test(e.key);
  return [
    (mac ? e.metaKey : e.ctrlKey) && 'Mod',
    e.altKey && 'Alt',
    // The shift of '?' is how it is typed, not part of the binding.
    e.shiftKey && (letter || e.key.length > 1) && 'Shift',
    e.shiftKey && letter ? e.key.toUpperCase() : key,
  ].filter(Boolean).join('+');
}

function typingIn(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  return target.matches('input') && !target.matches('[type=checkbox], [type=radio], [type=button], [type=submit], [type=range]');
}

let first = '';
let forget = 0;

addEventListener('keydown', (e) => {
  if (e.defaultPrevented || e.isComposing || ['Control', 'Shift', 'Alt', 'Meta'].includes(e.key)) return;
  const typing = typingIn(e.target);
  const modal = document.querySelector('dialog:modal');
  const pressed = name(e);
  const both = first ? `${first} ${pressed}` : '';
  first = '';
  clearTimeout(forget);
  // The newest binding wins: the view in front binds last.
  const candidates = bound().filter((b) => (b.typing || !typing) && !modal).reverse();
  const hit = candidates.find((b) => b.keys === both) ?? candidates.find((b) => b.keys === pressed);
  if (hit) {
    e.preventDefault();
    hit.run(e);
  } else if (candidates.some((b) => b.keys.startsWith(`${pressed} `))) {
    first = pressed;
    forget = setTimeout(() => (first = ''), 1200);
  }
});
