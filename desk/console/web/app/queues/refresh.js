// Loading anew when something happened, but not once for each thing.

import { stream } from '../desk.js';
import { fail } from '../lib/feedback.js';

const GATHER = 150;
const PAUSE = 1000;

/**
 * Has a view load at once, then again after events that concern it, and after
 * the stream was lost or reset: soon, never twice at the same time, and at
 * most about once a second. `load` gets an AbortSignal that ends with the
 * view. Returns what asks for another load.
 *
 * @param {import('../lib/dom.js').View} view
 * @param {(event: any) => boolean} concerns
 * @param {(signal: AbortSignal) => Promise<void>} load
 */
export function keepFresh(view, concerns, load) {
  const end = new AbortController();
  let timer = 0;
  let busy = false;
  let again = false;
  let last = 0;
  const run = async () => {
    timer = 0;
    busy = true;
    again = false;
    await load(end.signal).catch((e) => !end.signal.aborted && fail(e));
    busy = false;
    last = Date.now();
    if (again && !end.signal.aborted) ask();
  };
  const ask = () => {
    if (busy) again = true;
    else timer ||= setTimeout(run, Math.max(GATHER, last + PAUSE - Date.now()));
  };
  view.listen(stream, 'hello', ask);
  view.listen(stream, 'reset', ask);
  view.listen(stream, 'event', ({ detail }) => concerns(detail.event) && ask());
  view.until(() => {
    end.abort();
    clearTimeout(timer);
  });
  run();
  return ask;
}
