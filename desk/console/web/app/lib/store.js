// Observable values, and the rows of a live list.

/**
 * One observable value. `watch` calls at once and after each `set` of a
 * different value; it returns what ends the watching.
 *
 * @template T
 */
export class State {
  #value;
  #watchers = new Set();

  /** @param {T} value */
  constructor(value) {
    this.#value = value;
  }

  /** @returns {T} */
  get() {
    return this.#value;
  }

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const fn of [...this.#watchers]) fn(value);
  }

  /** @param {(value: T) => void} fn */
  watch(fn) {
    this.#watchers.add(fn);
    fn(this.#value);
    return () => this.#watchers.delete(fn);
  }
}

/**
 * Applies one `list` frame of the stream to rows, which are left as they are;
 * gives the new rows. Steps are taken in order, each index being of that
 * moment; a step names its row, so one that does not fit is skipped.
 */
export function applyList(rows, frame) {
  if (frame.reset) return frame.rows ?? [];
  const next = rows.slice();
  for (const step of frame.steps ?? []) {
    const at = next[step.index]?.id === step.id ? step.index : next.findIndex((r) => r.id === step.id);
    if (step.kind === 'enter') {
      if (at >= 0) next.splice(at, 1);
      if (step.row) next.splice(step.index, 0, step.row);
    } else if (at < 0) {
      continue;
    } else if (step.kind === 'leave') {
      next.splice(at, 1);
    } else if (step.kind === 'move') {
      const [row] = next.splice(at, 1);
      next.splice(step.index, 0, step.row ?? row);
    } else if (step.row) {
      next[at] = step.row;
    }
  }
  return next;
}
