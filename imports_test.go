package handoff_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/handoffdesk/handoff"

// floors is what each package may import of this module, itself excepted.
// An entry that ends in / stands for everything below it; the longest entry
// that fits is the one that counts. Only what is listed may exist, and need
// not.
var floors = map[string][]string{
	"":                    {},
	"ticket":              {""},
	"filter":              {"", "ticket"},
	"routing":             {"", "ticket"},
	"routing/rules":       {"", "filter"},
	"export":              {"", "ticket", "export/"},
	"export/":             {"", "export/"},
	"storage":             {"", "ticket", "filter", "routing", "export"},
	"storage/":            {"", "ticket", "filter", "routing", "storage", "storage/internal/"},
	"storage/storagetest": {"", "ticket", "filter", "routing", "storage", "storage/memory"},
	"desk":                {"", "desk/report", "desk/calendar", "desk/sla", "ticket", "filter", "routing", "routing/rules", "storage", "desk/internal/"},
	"desk/calendar":       {""},
	"desk/sla":            {"", "desk/calendar"},
	"desk/report":         {"", "filter"},
	"desk/internal/":      {"", "ticket", "filter", "routing", "routing/rules", "storage", "desk/internal/"},
	"desk/whatsapp":       {"", "desk"},
	"desk/webhook":        {""},
	"desk/desktest":       {"", "ticket", "filter", "routing", "routing/rules", "storage", "storage/memory", "desk"},
	"desk/console":        {"", "desk/report", "desk/calendar", "desk/sla", "ticket", "filter", "routing", "routing/rules", "export", "export/", "storage", "desk", "desk/console/"},
	"desk/console/":       {"", "desk/report", "desk/calendar", "desk/sla", "ticket", "filter", "routing", "routing/rules", "export", "export/", "storage", "desk", "desk/console/"},
	"examples/":           {"", "ticket", "filter", "routing", "routing/rules", "export", "export/", "storage", "storage/", "desk", "desk/", "examples/"},
	"internal/":           {"", "ticket", "filter", "routing", "routing/rules", "export", "export/", "storage", "storage/", "desk", "desk/", "internal/"},
}

// pure are the packages of values alone.
var pure = []string{"", "desk/report", "ticket", "filter", "routing", "desk/calendar", "desk/sla", "routing/rules"}

// listed is a package as `go list` tells it.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// name is the path within the module, "" for the root.
func (p listed) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

var packages = sync.OnceValues(func() ([]listed, error) {
	// -e: a package that does not compile just now has imports all the same.
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...").Output()
	if err != nil {
		return nil, err
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if len(p.GoFiles) > 0 { // else a folder of tests or data
			all = append(all, p)
		}
	}
})

// fits gives the longest of entries that stands for name.
func fits(name string, entries []string) (string, bool) {
	best, ok := "", false
	for _, e := range entries {
		if (e == name || strings.HasSuffix(e, "/") && strings.HasPrefix(name, e)) && (!ok || len(e) > len(best)) {
			best, ok = e, true
		}
	}
	return best, ok
}

func keys(m map[string][]string) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	return all
}

func TestImportsPointOneWayOnly(t *testing.T) {
	t.Parallel()
	all, err := packages()
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(all, func(p listed) bool { return p.ImportPath == module }), "the root package is listed")
	for _, p := range all {
		floor, ok := fits(p.name(), keys(floors))
		if !ok {
			t.Errorf("%s stands on no floor: add it to floors", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			name := (listed{ImportPath: imported}).name()
			if _, ok := fits(name, floors[floor]); !ok {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, imported)
			}
		}
	}
}

func TestTheDeskLinksNoAdapterDriverOrConsole(t *testing.T) {
	t.Parallel()
	all, err := packages()
	require.NoError(t, err)
	for _, p := range all {
		if p.name() != "desk" {
			continue
		}
		// database/sql/driver alone is two interfaces that the ids implement.
		require.NotContains(t, p.Deps, "database/sql")
		for _, dep := range p.Deps {
			for _, never := range []string{
				module + "/storage/", module + "/export", module + "/desk/console", module + "/examples",
				"modernc.org/sqlite", "github.com/jackc/", "github.com/go-sql-driver/",
				"go.etcd.io/bbolt", "github.com/pressly/goose", "github.com/jung-kurt/gofpdf",
			} {
				if strings.HasPrefix(dep, never) {
					t.Errorf("desk links %s", dep)
				}
			}
		}
	}
}

// reachesOut reports whether an import lets a package do more than compute.
func reachesOut(path string) bool {
	switch path {
	case "net/url", "net/netip", "net/mail": // parse text
		return false
	case "io/fs", "io/ioutil", "syscall", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand":
		return true
	}
	for _, tree := range []string{"database", "net", "os", "plugin"} {
		if path == tree || strings.HasPrefix(path, tree+"/") {
			return true
		}
	}
	return false
}

// readsWorld are functions and variables of package time that look at the
// clock, wait for it, or read the machine's files and environment.
var readsWorld = []string{
	"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer", "LoadLocation", "Local",
}

func TestThePurePackagesOnlyCompute(t *testing.T) {
	t.Parallel()
	all, err := packages()
	require.NoError(t, err)
	for _, p := range all {
		isPure := slices.Contains(pure, p.name())
		if !isPure && p.name() != "export" && !strings.HasPrefix(p.name(), "export/") {
			continue
		}
		for _, imported := range p.Imports {
			if reachesOut(imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
		for _, file := range p.GoFiles {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				continue // the compiler says so, and better
			}
			for _, fault := range impure(f, isPure) {
				t.Errorf("%s: %s", fset.Position(fault.pos), fault.what)
			}
		}
	}
}

type fault struct {
	pos  token.Pos
	what string
}

// impure finds uses of the clock and, if asked, goroutines.
func impure(f *ast.File, goroutines bool) []fault {
	clock := ""
	for _, spec := range f.Imports {
		if path, _ := strconv.Unquote(spec.Path.Value); path == "time" {
			if clock = "time"; spec.Name != nil {
				clock = spec.Name.Name
			}
		}
	}
	var faults []fault
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && clock != "" && x.Name == clock && slices.Contains(readsWorld, n.Sel.Name) {
				faults = append(faults, fault{n.Pos(), "uses time." + n.Sel.Name})
			}
		case *ast.GoStmt:
			if goroutines {
				faults = append(faults, fault{n.Pos(), "starts a goroutine"})
			}
		}
		return true
	})
	return faults
}

func TestTheSearchForImpurityFindsIt(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]int{
		`package p; import "time"; var x = time.Now()`:                          1,
		`package p; import "time"; var f = time.Since`:                          1, // not only calls
		`package p; import clock "time"; func f() { clock.Sleep(1) }`:           1,
		`package p; import "time"; func f() { go f(); <-time.After(1) }`:        2,
		`package p; import "time"; var x = time.UTC`:                            0,
		`package p; type t struct{ Now func() }; func f(time t) { time.Now() }`: 0,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "p.go", src, 0)
		require.NoError(t, err)
		require.Len(t, impure(f, true), want, src)
	}
	require.True(t, reachesOut("os/exec"))
	require.True(t, reachesOut("net/http"))
	require.True(t, reachesOut("database/sql/driver"))
	require.False(t, reachesOut("net/url"))
	require.False(t, reachesOut("time"))
	floor, ok := fits("storage/internal/sqlstore", keys(floors))
	require.True(t, ok)
	require.Equal(t, "storage/", floor)
	_, ok = fits("storage/sqlite", floors["desk"])
	require.False(t, ok)
	_, ok = fits("utils", keys(floors))
	require.False(t, ok)
}
