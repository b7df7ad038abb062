package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

// axeVersion is the version of axe-core, which judges accessibility.
const axeVersion = "4.14.1"

// errNoAxe: axe-core is not there, and cannot be fetched.
var errNoAxe = errors.New("browser: axe-core not found: set HANDOFF_AXE to an axe.min.js, or install npm")

// axe gives the source of axe-core: the file that HANDOFF_AXE names, or else
// the one in the user's cache, where npm puts it when it is first needed.
var axe = sync.OnceValues(func() (string, error) {
	path := os.Getenv("HANDOFF_AXE")
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("%w: %w", errNoAxe, err)
		}
		path = filepath.Join(cache, "handoff", "axe-core-"+axeVersion, "axe.min.js")
		if _, err := os.Stat(path); err != nil {
			if err := fetchAxe(path); err != nil {
				return "", fmt.Errorf("%w: %w", errNoAxe, err)
			}
		}
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoAxe, err)
	}
	return string(source), nil
})

// fetchAxe puts the one file of the package that is needed at path.
func fetchAxe(path string) error {
	dir, err := os.MkdirTemp("", "axe")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, command := range [][]string{
		{"npm", "pack", "--silent", "axe-core@" + axeVersion},
		{"tar", "-xzf", "axe-core-" + axeVersion + ".tgz", "package/axe.min.js"},
	} {
		c := exec.Command(command[0], command[1:]...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", command[0], err, out)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(dir, "package", "axe.min.js"))
	if err != nil {
		return err
	}
	// Another test binary may do the same now.
	half := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(half, source, 0o644); err != nil {
		return err
	}
	return os.Rename(half, path)
}

// Accessible fails the test for each rule of accessibility that the page
// breaks as it is now: WCAG 2.2 A and AA, and what is good practice.
func (b *Tab) Accessible(what string) {
	b.t.Helper()
	b.judge(what)
}

// AccessibleInBoth is Accessible for who prefers light colours and for who
// prefers dark ones, and leaves the tab in light. Nothing but colours differs,
// so in dark only they are judged. It leaves a screenshot of both.
func (b *Tab) AccessibleInBoth(what string) {
	b.t.Helper()
	b.judge(what + "-light")
	b.Shot(what + "-light")
	b.Dark(true)
	b.judge(what+"-dark", "color-contrast", "link-in-text-block")
	b.Shot(what + "-dark")
	b.Dark(false)
}

// judge fails the test for each of the rules that the page breaks; without
// rules, for each there is.
func (b *Tab) judge(what string, rules ...string) {
	b.t.Helper()
	source, err := axe()
	need(b.t, err, errNoAxe)
	// It stays in the page until that is left, and is the quicker the more it
	// has run.
	if !Read[bool](b, "'axe' in globalThis") {
		if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](source+"\n;true")); err != nil {
			b.t.Fatal(err)
		}
	}
	b.Until("handoffTest.rests()")
	only, _ := json.Marshal(rules) // strings always can
	broken, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](fmt.Sprintf(`axe.run(document, {resultTypes: ['violations'], runOnly: %s ?? undefined}).then((r) =>
		r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target + ': ' + n.failureSummary)))`, only), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, each := range broken {
		b.t.Errorf("%s: %s", what, strings.ReplaceAll(each, "\n", " "))
	}
}
