package whatsapp_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/whatsapp"
)

var rewrite = flag.Bool("update", false, "rewrite the golden files")

// seen is an Update as the golden files show it.
type seen struct {
	Inbound   []handoff.Inbound      `json:",omitempty"`
	Receipts  []handoff.Receipt      `json:",omitempty"`
	Templates []handoff.TemplateNews `json:",omitempty"`
	Skipped   []string               `json:",omitempty"`
	Raw       []string               `json:",omitempty"` // legibly, in the order of the messages
}

func TestEveryDocumentedBodyReadsAsItsGoldenFileSays(t *testing.T) {
	t.Parallel()
	bodies, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, bodies)
	for _, path := range bodies {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(path)
			require.NoError(t, err)
			u, err := whatsapp.Parse(body)
			require.NoError(t, err)

			var got seen
			for _, in := range u.Inbound {
				if in.Content.Raw != nil {
					got.Raw = append(got.Raw, compact(in.Content.Raw))
					in.Content.Raw = nil
				}
				got.Inbound = append(got.Inbound, in)
			}
			got.Receipts, got.Templates = u.Receipts, u.Templates
			for _, s := range u.Skipped {
				require.ErrorIs(t, s, handoff.ErrInvalid)
				got.Skipped = append(got.Skipped, s.Error())
			}
			text, err := json.MarshalIndent(got, "", "  ")
			require.NoError(t, err)

			golden := strings.TrimSuffix(path, ".json") + ".golden"
			if *rewrite {
				require.NoError(t, os.WriteFile(golden, append(text, '\n'), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(text)+"\n")
		})
	}
}

func compact(raw []byte) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	text, _ := json.Marshal(v)
	return string(text)
}
