package storagetest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
	"github.com/handoffdesk/handoff/storage/storagetest"
)

// bugVar names the bug that a child process runs the suite against.
const bugVar = "STORAGETEST_BUG"

func TestTheMemoryStoreConforms(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, inMemory)
}

// inMemory is a database in memory, with the bug of this process if it has
// one.
func inMemory(*testing.T) storagetest.Opener {
	shared := memory.New(nil)
	if bug, ok := bugs()[os.Getenv(bugVar)]; ok {
		plant := bug.plant()
		return func() storage.Store { return plant(shared) }
	}
	return func() storage.Store { return shared }
}

// bugs are single mistakes, by what an adapter's author would call them.
func bugs() map[string]bug {
	all := maps.Clone(commitBugs)
	maps.Copy(all, sharedBugs)
	maps.Copy(all, readBugs)
	return all
}

func TestAFaultyStoreWithoutFaultsConforms(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storagetest.Opener {
		s := storagetest.Faulty(memory.New(nil), nil)
		return func() storage.Store { return s }
	})
}

// A case that fails takes its whole test with it, so each broken store is
// tried in a process of its own.
func TestTheSuiteCatchesEveryBug(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	for name, bug := range bugs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			theme, promise, _ := strings.Cut(bug.by, "/")
			cmd := exec.CommandContext(t.Context(), self, "-test.timeout=60s", "-test.run=^TestTheMemoryStoreConforms$/^"+theme+"$/^"+promise+"$")
			cmd.Env = append(os.Environ(), bugVar+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "the suite finds nothing wrong:\n%s", out)
			require.Contains(t, string(out), "--- FAIL: TestTheMemoryStoreConforms/"+bug.by)
			require.Contains(t, string(out), bug.says)
		})
	}
}

// The page and the suite cannot drift apart: what a failure quotes stands in
// the contract.
func TestEveryQuotedSentenceStandsInTheContract(t *testing.T) {
	t.Parallel()
	contract := comments(t, "../*.go") + comments(t, "../../id.go")
	quotes := 0
	for _, file := range files(t, "*.go") {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "rule" {
				return true
			}
			sentence, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			require.Contains(t, contract, sentence)
			quotes++
			return true
		})
	}
	require.Greater(t, quotes, 50)
}

func files(t *testing.T, pattern string) []*ast.File {
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	var fs []*ast.File
	for _, p := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ParseComments)
		require.NoError(t, err)
		fs = append(fs, f)
	}
	return fs
}

// comments are the words of all comments, with single spaces between them.
func comments(t *testing.T, pattern string) string {
	var b strings.Builder
	for _, f := range files(t, pattern) {
		for _, c := range f.Comments {
			for _, line := range c.List {
				b.WriteString(" " + strings.Join(strings.Fields(strings.TrimPrefix(line.Text, "//")), " "))
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
