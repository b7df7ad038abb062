// What an agent does with a conversation as a whole.

import { t } from '../lib/i18n.js';
import { post, put, id } from '../lib/api.js';
import { confirm, errorText, fail, toast } from '../lib/feedback.js';
import { label } from '../list/words.js';
import { tagsToClose } from './tags.js';
import { transfer as chooseTarget } from './transfer.js';

const path = (thread, action) => `conversations/${id(thread.id)}/${action}`;

/** Takes it; beyond capacity or while not available only if the agent may and wants to. */
export async function take(thread, override = false) {
  try {
    await post(path(thread, 'take'), { override }, { once: true });
  } catch (e) {
    const full = e.code === 'not_available' || e.code === 'at_capacity';
    if (full && !override && thread.row?.can.override) {
      if (await confirm({ title: t('conv.take.overrideTitle'), text: t(`conv.take.override.${e.code}`), yes: t('conv.take.anyway') })) return take(thread, true);
      return false;
    }
    toast(full ? t(`conv.take.${e.code}`) : errorText(e), { kind: 'error' });
    await thread.reread();
    return false;
  }
  await thread.reread();
  return true;
}

/** Gives control back to the bot, after asking; for a tag first, where the queue wants one. */
export async function returnToBot(thread) {
  if (thread.row.can.tagsRequired) return tagAndReturn(thread);
  const sure = await confirm({ title: t('conv.return.title'), text: t('conv.return.text', { name: label(thread.row) }), yes: t('conv.return.yes') });
  if (sure) await change(thread, 'returned', () => post(path(thread, 'return')));
}

async function tagAndReturn(thread) {
  const words = await tagsToClose(thread.row);
  if (!words) return;
  await change(thread, 'returned', async () => {
    await post(path(thread, 'tags'), { add: words, remove: [] });
    await post(path(thread, 'return'));
  });
}

export async function transfer(thread) {
  const target = await chooseTarget(thread.row).catch(fail);
  if (!target) return;
  thread.why = 'transferred';
  toast(t('conv.transfer.done', { name: target.name }), { kind: 'success' });
  await thread.reread();
}

export const setPriority = (thread, priority) => change(thread, '', () => put(path(thread, 'priority'), { priority }));

export const tag = (thread, add, remove) => change(thread, '', () => post(path(thread, 'tags'), { add, remove }));

async function change(thread, why, act) {
  const before = thread.why;
  thread.why = why;
  try {
    await act();
  } catch (e) {
    thread.why = before;
    fail(e);
  }
  await thread.reread();
}
