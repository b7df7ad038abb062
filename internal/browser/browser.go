package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// errMissing: no chromium is installed.
var errMissing = errors.New("browser: chromium not found")

// shared is the browser of this test binary, started when first asked for.
var shared struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

// Main is for a TestMain: it runs the tests, ends the browser and the process.
func Main(m *testing.M) {
	code := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(code)
}

// running gives the context of the browser, for tabs to be opened in.
func running(t testing.TB) context.Context {
	t.Helper()
	shared.once.Do(func() { shared.ctx, shared.stop, shared.err = start() })
	need(t, shared.err, errMissing)
	return shared.ctx
}

// need fails the test on an error, or skips it where it is only that a tool is
// missing.
func need(t testing.TB, err, missing error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, missing) && os.Getenv("HANDOFF_REQUIRE_TOOLS") != "1":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

func start() (context.Context, func(), error) {
	path, err := find("chromium", "chromium-browser", "google-chrome")
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // root has none, as in most containers
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("lang", "en-US"),
	)
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	stop := func() {
		closeBrowser()
		end()
	}
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, nil, fmt.Errorf("browser: %w", err)
	}
	return ctx, stop, nil
}

func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errMissing
}
