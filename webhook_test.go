package handoff_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func TestEveryKindOfEventIsListed(t *testing.T) {
	t.Parallel()
	f, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	require.NoError(t, err)
	found := 0
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Event") || len(spec.Values) != 1 {
			return true
		}
		kind, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		require.NoError(t, err)
		require.Contains(t, handoff.EventKinds(), handoff.EventKind(kind), "add %s to the list in eventkinds.go", spec.Names[0].Name)
		found++
		return true
	})
	require.Len(t, handoff.EventKinds(), found)
	require.Equal(t, found, len(slices.Compact(slices.Sorted(slices.Values(handoff.EventKinds())))), "one is listed twice")
}

func TestAWebhookThatCouldNotBeToldOfAnythingIsRefused(t *testing.T) {
	t.Parallel()
	good := handoff.Webhook{ID: "crm", URL: "https://crm.example/hook?x=1", Events: []handoff.EventKind{handoff.EventEnded}}
	require.NoError(t, good.Check())
	for name, change := range map[string]func(*handoff.Webhook){
		"no id":             func(w *handoff.Webhook) { w.ID = "" },
		"no url":            func(w *handoff.Webhook) { w.URL = "" },
		"no host":           func(w *handoff.Webhook) { w.URL = "https:///x" },
		"another scheme":    func(w *handoff.Webhook) { w.URL = "ftp://crm.example" },
		"a password":        func(w *handoff.Webhook) { w.URL = "https://a:b@crm.example" },
		"a fragment":        func(w *handoff.Webhook) { w.URL = "https://crm.example/#x" },
		"a long url":        func(w *handoff.Webhook) { w.URL = "https://crm.example/" + strings.Repeat("x", handoff.MaxURL) },
		"an unknown kind":   func(w *handoff.Webhook) { w.Events = []handoff.EventKind{"endet"} },
		"a kind twice":      func(w *handoff.Webhook) { w.Events = []handoff.EventKind{"ended", "ended"} },
		"too much at once":  func(w *handoff.Webhook) { w.Concurrency = handoff.MaxWebhookConcurrency + 1 },
		"less than nothing": func(w *handoff.Webhook) { w.Concurrency = -1 },
		"a bad name":        func(w *handoff.Webhook) { w.Name = "a\nb" },
	} {
		w := good
		change(&w)
		require.ErrorIs(t, w.Check(), handoff.ErrInvalid, name)
	}
}

func TestAWebhookIsToldWhatItAskedFor(t *testing.T) {
	t.Parallel()
	all := handoff.Webhook{Bot: "acme", ID: "all"}
	some := handoff.Webhook{Bot: "acme", ID: "some", Events: []handoff.EventKind{handoff.EventEnded}}
	ended, tags := handoff.Event{Bot: "acme", Kind: handoff.EventEnded}, handoff.Event{Bot: "acme", Kind: handoff.EventTags}
	require.True(t, all.Wants(ended))
	require.True(t, all.Wants(tags))
	require.True(t, some.Wants(ended))
	require.False(t, some.Wants(tags))
	require.False(t, all.Wants(handoff.Event{Bot: "rival", Kind: handoff.EventEnded}))
	require.Equal(t, 4, all.WithDefaults().Concurrency)
}
