package handoff_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

var stored = handoff.Media{SHA256: strings.Repeat("a", 64), Stored: true, Type: "application/pdf", Name: "prices.pdf", Size: 9}

func TestACannedReplyIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	good := handoff.Canned{
		ID: "hello", Shortcut: "oi", Title: "Hello", Text: "Oi, {{contact.name|cliente}}!", Language: "pt-BR",
		Attachments: []handoff.Media{stored}, Queues: []handoff.QueueID{"sales"},
	}
	require.NoError(t, good.Check())
	require.NoError(t, handoff.Canned{ID: "a", Shortcut: "a", Title: "A", Attachments: []handoff.Media{stored}}.Check(), "files alone")
	for field, spoil := range map[string]func(*handoff.Canned){
		"canned reply":       func(c *handoff.Canned) { c.ID = "" },
		"canned shortcut":    func(c *handoff.Canned) { c.Shortcut = "two words" },
		"canned title":       func(c *handoff.Canned) { c.Title = "\x00" },
		"canned text":        func(c *handoff.Canned) { c.Text, c.Attachments = "", nil },
		"canned language":    func(c *handoff.Canned) { c.Language = strings.Repeat("x", 65) },
		"canned queues":      func(c *handoff.Canned) { c.Agent = "ana" },
		"canned agent":       func(c *handoff.Canned) { c.Queues, c.Agent = nil, "\xff" },
		"canned attachments": func(c *handoff.Canned) { c.Attachments[0].Stored = false },
	} {
		c := good.Clone()
		spoil(&c)
		var wrong *handoff.FieldError
		require.ErrorAs(t, c.Check(), &wrong, field)
		require.Equal(t, field, wrong.Field)
	}
	for _, spoil := range []func(*handoff.Canned){
		func(c *handoff.Canned) { c.Shortcut = "/oi" },
		func(c *handoff.Canned) { c.Text = "a\x00" },
		func(c *handoff.Canned) { c.Text = strings.Repeat("x", handoff.MaxText+1) },
		func(c *handoff.Canned) { c.Attachments = make([]handoff.Media, handoff.MaxCannedFiles+1) },
		func(c *handoff.Canned) { c.Queues = make([]handoff.QueueID, handoff.MaxCannedQueues+1) },
		func(c *handoff.Canned) { c.Queues = []handoff.QueueID{""} },
	} {
		c := good.Clone()
		spoil(&c)
		require.ErrorIs(t, c.Check(), handoff.ErrInvalid)
	}
}

func TestAnUnknownVariableIsRefusedWhenTheReplyIsPut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{{contact.nome}}", "{{}}", "{{ }}", "{{|x}}", "{{contact.field.}}", "{{Contact.Name}}", "{{contact.name", "{{contact.name}",
		"{{{contact.name}}}", "{{contact.name|{{agent.name}}}}", "{{contact.field.a\nb}}", "{{1}}",
	} {
		c := handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Text: text}
		require.ErrorIs(t, c.Check(), handoff.ErrInvalid, text)
		_, _, err := c.Render(func(string) string { return "v" })
		require.ErrorIs(t, err, handoff.ErrInvalid, text)
	}
	for _, v := range append(handoff.CannedVariables(), "contact.field.order", "contact.field.número do pedido") {
		require.NoError(t, handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Text: "a {{" + v + "}} b {{ " + v + " | c }}"}.Check(), v)
	}
}

func TestAVariableWithoutAValueIsItsFallback(t *testing.T) {
	t.Parallel()
	c := handoff.Canned{Text: "Oi {{contact.name|cliente}}, sou {{agent.name}}. {{contact.field.plan}}{{contact.field.plan}}{{queue.name|}} }} {"}
	text, missing, err := c.Render(func(v string) string { return map[string]string{"agent.name": "Ana"}[v] })
	require.NoError(t, err)
	require.Equal(t, "Oi cliente, sou Ana.  }} {", text)
	require.Equal(t, []string{"contact.field.plan"}, missing, "a fallback may be empty, but must be there")

	text, missing, err = c.Render(func(v string) string { return "{{" + v + "|x}}" })
	require.NoError(t, err)
	require.Equal(t, "Oi {{contact.name|x}}, sou {{agent.name|x}}. {{contact.field.plan|x}}{{contact.field.plan|x}}{{queue.name|x}} }} {", text,
		"what a value holds is no variable")
	require.Empty(t, missing)

	c.Text = strings.Repeat("{{contact.name}}", 100)
	_, _, err = c.Render(func(string) string { return strings.Repeat("x", 1000) })
	require.ErrorIs(t, err, handoff.ErrInvalid, "too long when filled in")
}

func TestWhoseACannedReplyIs(t *testing.T) {
	t.Parallel()
	serves := []handoff.QueueID{"sales"}
	require.True(t, handoff.Canned{}.For("ana", nil))
	require.True(t, handoff.Canned{Queues: []handoff.QueueID{"support", "sales"}}.For("ana", serves))
	require.False(t, handoff.Canned{Queues: []handoff.QueueID{"support"}}.For("ana", serves))
	require.True(t, handoff.Canned{Agent: "ana"}.For("ana", nil))
	require.False(t, handoff.Canned{Agent: "bia"}.For("ana", serves))
}

// What was taken when it was put can be filled in with anything.
func TestWhatWasTakenRenders(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"{{contact.name}}", "{{agent.name|x}}", "{{contact.field.a}}", "{{", "}}", "|", "ação", " ", "{", "contact.name"})
	rapid.Check(t, func(t *rapid.T) {
		c := handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Text: strings.Join(rapid.SliceOfN(piece, 1, 8).Draw(t, "text"), "")}
		value := rapid.SampledFrom([]string{"", "Ana", "{{contact.name}}", "\xff\x00"}).Draw(t, "value")
		text, _, err := c.Render(func(string) string { return value })
		require.Equal(t, c.Check() == nil, err == nil)
		if err == nil && !strings.Contains(c.Text, "{{") {
			require.Equal(t, c.Text, text)
		}
		require.Equal(t, text, handoff.CleanText(text))
	})
}

func FuzzCanned(f *testing.F) {
	for _, s := range []string{"", "Oi {{contact.name|cliente}}", "{{contact.field.x}}", "{{{{}}}}", "{{a", "}}{{", "{{contact.name|{{}}"} {
		f.Add(s, "v")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		c := handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Text: text}
		asked := 0
		got, missing, err := c.Render(func(v string) string { asked++; return value })
		if wrong := c.Check(); wrong == nil && err != nil && len(text)+asked*len(value) <= handoff.MaxText {
			t.Fatalf("taken, but does not render: %v", err)
		}
		if err != nil {
			return
		}
		if value != "" && missing != nil {
			t.Fatal("there was a value for everything")
		}
		if asked == 0 && got != text {
			t.Fatal("changed without a variable")
		}
	})
}
