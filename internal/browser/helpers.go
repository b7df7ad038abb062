package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// call is a command of the browser's protocol as an action.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// helpers are in every page: finding what a person would find.
const helpers = `
globalThis.handoffTest = {
  // The first visible element that fits, and holds the text or is called so.
  find(selector, text) {
    for (const el of document.querySelectorAll(selector)) {
      if (!el.checkVisibility({ visibilityProperty: true, opacityProperty: false })) continue;
      const words = [el.innerText, el.getAttribute('aria-label'), el.title, el.value].join('\n');
      if (!text || words.includes(text)) return el;
    }
    return null;
  },
  // Where to press it, when it stays there and nothing else lies on top.
  async place(selector, text) {
    const before = this.center(selector, text);
    if (!before) return null;
    await this.frames();
    const now = this.center(selector, text);
    return now && now.X === before.X && now.Y === before.Y ? now : null;
  },
  // Lets two frames pass, and what comes of them.
  async frames() {
    for (let i = 0; i < 2; i++) {
      await new Promise((next) => {
        requestAnimationFrame(next);
        setTimeout(next, 100); // where nobody looks there are no frames
      });
    }
    return new Promise((next) => setTimeout(next, 0, true));
  },
  // Whether nothing moves or changes colour any more.
  async rests() {
    for (let i = 0; i < 3; i++) {
      if (document.getAnimations().length) return false;
      await this.frames();
    }
    return true;
  },
  center(selector, text) {
    const el = this.find(selector, text);
    if (!el || el.disabled) return null;
    // What pops up is put in its place a moment after it opens.
    if (el.closest(':popover-open')?.style.getPropertyValue('--top') === '') return null;
    let box = el.getBoundingClientRect();
    if (box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth) {
      el.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
      box = el.getBoundingClientRect();
    }
    const X = box.left + box.width / 2;
    const Y = box.top + box.height / 2;
    const top = document.elementFromPoint(X, Y);
    return top && (el.contains(top) || top.contains(el) && top.localName === 'label') ? { X, Y } : null;
  },
  choose(selector, value) {
    const el = this.find(selector, '');
    if (!el || el.disabled) return false;
    el.value = value;
    el.dispatchEvent(new Event('input', { bubbles: true }));
    el.dispatchEvent(new Event('change', { bubbles: true }));
    return el.value === value;
  },
  pressed: '',
};
for (const kind of ['pointerdown', 'click']) {
  addEventListener(kind, (e) => { handoffTest.pressed += '\n' + kind + ' ' + e.clientX + ',' + e.clientY + ' ' + e.target.outerHTML?.slice(0, 120); }, true);
}
`
