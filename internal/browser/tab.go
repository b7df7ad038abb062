package browser

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var shots = flag.String("browser.shots", "", "folder for screenshots; none are made without it")

// patience is for how long a test waits for what must happen, and again how
// often it looks.
const (
	patience = 30 * time.Second
	again    = 30 * time.Millisecond
)

// Tab is one tab. Its methods fail the test if what they are to do cannot be
// done. They are for the test's goroutine.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu        sync.Mutex
	problems  []string
	forgiving bool
}

// Open opens a tab that shares nothing with any other, at the size of a desk's
// screen, in English and light.
func Open(t testing.TB) *Tab {
	t.Helper()
	return open(t, running(t), chromedp.WithNewBrowserContext())
}

// Another opens a tab beside b, of the same person: it shares cookies and
// storage.
func (b *Tab) Another() *Tab {
	b.t.Helper()
	return open(b.t, b.ctx)
}

func open(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	b := &Tab{t: t}
	ctx, closeTab := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.heard))...)
	b.ctx = ctx
	t.Cleanup(func() {
		closeTab()
		for _, p := range b.problems {
			t.Error("the page complains: " + p)
		}
	})
	b.do(
		call(log.Enable, struct{}{}),
		// Nobody asks of the hundred files of a page, nor of its elements.
		call(network.Disable, struct{}{}),
		call(css.Disable, struct{}{}),
		call(dom.Disable, struct{}{}),
		call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: helpers}),
		call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		call(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en_US"}),
	)
	b.Size(1440, 900)
	b.Dark(false)
	return b
}

// heard notes what the page complains of. What the API refuses is the page's
// to show, so it is no complaint that the browser logs it too.
func (b *Tab) heard(ev any) {
	said := ""
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" || e.Type == "warning" {
			for _, a := range e.Args {
				said += fmt.Sprintf(" %s%s", a.Value, a.Description)
			}
		}
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			said += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		ofAPI := e.Entry.Source == "network" && strings.Contains(e.Entry.URL, "/api/v1/")
		if e.Entry.Level == "error" && !ofAPI {
			said = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if said != "" && !(b.forgiving && strings.Contains(said, "ERR_")) {
		b.problems = append(b.problems, said)
	}
}

// Forgive lets requests fail for want of a network, until it is called with
// false.
func (b *Tab) Forgive(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgiving = on
}

// do runs actions, each for as long as it may take.
func (b *Tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, a := range actions {
		if err := chromedp.Do(b.ctx, a); err != nil {
			b.t.Fatal(err)
		}
	}
}

// Go opens an address, and waits until the page is there.
func (b *Tab) Go(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
}

// Before has a script run before those of every page that the tab opens from
// now on.
func (b *Tab) Before(script string) {
	b.t.Helper()
	b.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}))
}

// Reload loads the page again.
func (b *Tab) Reload() {
	b.t.Helper()
	b.do(chromedp.Reload())
}

// Cookie sets a cookie for an address.
func (b *Tab) Cookie(address, name, value string) {
	b.t.Helper()
	b.do(call(network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: address}))
}

// Size gives the page a size, in CSS pixels. The narrow ones are telephones.
func (b *Tab) Size(width, height int64) {
	b.t.Helper()
	if width < 600 {
		b.do(chromedp.EmulateViewport(width, height, chromedp.EmulateMobile))
		return
	}
	b.do(chromedp.EmulateViewport(width, height))
}

// Dark says whether the person prefers dark colours. Nothing moves either way.
func (b *Tab) Dark(on bool) {
	b.t.Helper()
	scheme := "light"
	if on {
		scheme = "dark"
	}
	b.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}}))
}

// Offline cuts the tab off the network, or connects it again. Connections that
// are open are cut too.
func (b *Tab) Offline(on bool) {
	b.t.Helper()
	b.Forgive(true)
	state := network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}
	rules := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{Offline: on, DownloadThroughput: -1, UploadThroughput: -1},
	}}
	b.do(call(network.Enable, network.EnableParams{}),
		call(network.EmulateNetworkConditionsByRule, rules), call(network.OverrideNetworkState, state))
}

// Sees waits until something visible that fits a selector holds a text, or is
// labelled so. The text may be empty.
func (b *Tab) Sees(selector, text string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("handoffTest.find(%s, %s)", quote(selector), quote(text)))
}

// SeesNo waits until there is no such thing any more.
func (b *Tab) SeesNo(selector, text string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("!handoffTest.find(%s, %s)", quote(selector), quote(text)))
}

// Click presses what Sees would see, once it stands still and nothing covers it.
func (b *Tab) Click(selector, text string) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	b.until(fmt.Sprintf("handoffTest.place(%s, %s)", quote(selector), quote(text)), &at)
	b.do(chromedp.MouseClickXY(at.X, at.Y))
}

// Fill puts a text into a field in place of what is there, as if it were
// pasted.
func (b *Tab) Fill(selector, text string) {
	b.t.Helper()
	b.Click(selector, "")
	b.Until(fmt.Sprintf("document.activeElement === handoffTest.find(%s, '') && (document.activeElement.select?.(), true)", quote(selector)))
	b.Type(text)
}

// Type writes a text where the cursor is.
func (b *Tab) Type(text string) {
	b.t.Helper()
	b.do(call(input.InsertText, input.InsertTextParams{Text: text}))
}

// Key presses keys, such as "\r" for Enter. What a page prevents, as a field
// that sends on Enter does, is not typed.
func (b *Tab) Key(keys string) {
	b.t.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := *events[0], *events[len(events)-1]
		if len(events) == 3 {
			down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
		}
		b.do(call(input.DispatchKeyEvent, down), call(input.DispatchKeyEvent, up))
	}
}

// Choose sets a select to a value.
func (b *Tab) Choose(selector, value string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("handoffTest.choose(%s, %s)", quote(selector), quote(value)))
}

// Until waits until an expression is true in the page, or a promise of what is.
// It is tried again and again, so it may throw while things are not there yet.
func (b *Tab) Until(expression string) {
	b.t.Helper()
	b.until(expression, nil)
}

// Read gives the value of an expression, or of the promise that it is, once it
// is neither null nor undefined.
func Read[T any](b *Tab, expression string) T {
	b.t.Helper()
	var v struct{ V T }
	b.until(fmt.Sprintf("Promise.resolve(%s).then((v) => v == null ? null : {V: v})", expression), &v)
	return v.V
}

// until waits for an expression, and decodes what it gives.
func (b *Tab) until(expression string, into any) {
	b.t.Helper()
	deadline, last := time.Now().Add(patience), ""
	for {
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](
			fmt.Sprintf("(async () => { try { const v = await (%s); return v ? JSON.stringify(v) : ''; } catch (e) { return '!' + e; } })()", expression),
			chromedp.EvalAwaitPromise))
		switch {
		case err != nil:
			last = err.Error() // the page was just left
		case strings.HasPrefix(found, "!"):
			last = found
		case found != "":
			if into != nil {
				if err := json.Unmarshal([]byte(found), into); err != nil {
					b.t.Fatalf("%s: %v", expression, err)
				}
			}
			return
		}
		if b.ctx.Err() != nil || time.Now().After(deadline) {
			b.Shot(strings.ReplaceAll(b.t.Name(), "/", "-") + "-failed")
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](
				"location.href + '\\nlast press: ' + handoffTest.pressed + '\\n' + document.body.innerText"))
			b.t.Fatalf("it did not come about: %s\n%s\n%.4000s", expression, last, text)
		}
		time.Sleep(again)
	}
}

// Shot leaves a screenshot in the folder of the flag -browser.shots.
func (b *Tab) Shot(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always can
	return string(b)
}

// Downloads lets the tab save files, and gives a function that waits for the
// next one.
func (b *Tab) Downloads() func() (name string, data []byte) {
	b.t.Helper()
	dir := b.t.TempDir()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID, DownloadPath: dir,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return func() (string, []byte) {
		b.t.Helper()
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(again) {
			files, err := os.ReadDir(dir)
			if err != nil {
				b.t.Fatal(err)
			}
			for _, f := range files {
				if strings.HasSuffix(f.Name(), ".crdownload") || strings.HasPrefix(f.Name(), ".") {
					continue // on its way
				}
				data, err := os.ReadFile(filepath.Join(dir, f.Name()))
				if err == nil {
					err = os.Remove(filepath.Join(dir, f.Name()))
				}
				if err != nil {
					b.t.Fatal(err)
				}
				return f.Name(), data
			}
		}
		b.t.Fatal("nothing was saved")
		return "", nil
	}
}
