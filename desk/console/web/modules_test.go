package web_test

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// inNode runs the body of an async function with modules of the pages and
// gives what it returns. What modules ask of a browser as they load is there.
func inNode(t *testing.T, body string) any {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node to run modules")
	}
	script := `globalThis.HTMLElement = class {};
		const element = { getAttribute() {}, setAttribute(name, value) { this[name] = value; }, append(text) { this.text = text; } };
		globalThis.Node = class {};
		globalThis.document = { createElement: (tag) => ({ tag, __proto__: element }) };
		const load = (name) => import(` + "`file://${process.cwd()}/app/${name}`" + `);
		const result = await (async () => {` + body + `})();
		console.log(JSON.stringify(result));`
	cmd := exec.Command(node, "--no-warnings", "--experimental-default-type=module", "--input-type=module", "--eval", script)
	cmd.Env = append(cmd.Environ(), "TZ=UTC")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	var result any
	require.NoError(t, json.Unmarshal(out, &result), "%s", out)
	return result
}

func TestOnlyHarmlessAddressesBecomeLinks(t *testing.T) {
	t.Parallel()
	texts := map[string]any{
		"https://example.com/a?b=c#d":              "https://example.com/a?b=c#d",
		"HTTP://Example.com":                       "http://example.com/",
		"see www.example.com.":                     "https://www.example.com/",
		"(https://example.com/x_(y))":              "https://example.com/x_(y)",
		"write to ana@example.com!":                "mailto:ana@example.com",
		"tel:+55 11 98765-4321":                    "tel:+55 11 98765-4321",
		"javascript:alert(1)":                      nil,
		"JaVaScRiPt://example.com/%0aalert(1)":     nil,
		"java\tscript:alert(1)":                    nil,
		"data:text/html,<script>alert(1)</script>": nil,
		"vbscript:msgbox(1)":                       nil,
		"file:///etc/passwd":                       nil,
		"https://bank.example@evil.example/":       nil,
		"https://user:word@evil.example/":          nil,
		"<img src=x onerror=alert(1)>":             nil,
		"https://example.com/\u202egpj.exe":        "https://example.com/",
		"https://":                                 nil,
		"3.14 and 1.000,00 and a.b":                nil,
	}
	input, err := json.Marshal(texts)
	require.NoError(t, err)
	require.Equal(t, map[string]any(texts), inNode(t, `
		const { linkify } = await load('lib/links.js');
		return Object.fromEntries(Object.keys(`+string(input)+`).map((s) => {
			const nodes = linkify(s);
			if (nodes.map((n) => n.text ?? n).join('') !== s) throw new Error('changed: ' + s);
			const links = nodes.filter((n) => n.tag === 'a');
			if (links.some((a) => a.rel !== 'noopener noreferrer')) throw new Error('rel: ' + s);
			return [s, links[0]?.href ?? null];
		}));`))
}

func TestACopyOfTheListFollowsItsSteps(t *testing.T) {
	t.Parallel()
	require.Equal(t, []any{"d2", "a", "c"}, inNode(t, `
		const { applyList } = await load('lib/store.js');
		const row = (id, text = id) => ({ id, text });
		let rows = applyList([row('x')], { reset: true, rows: [row('a'), row('b'), row('c')] });
		const before = rows;
		rows = applyList(rows, { steps: [
			{ kind: 'enter', id: 'd', index: 3, row: row('d') },
			{ kind: 'move', id: 'd', index: 0, row: row('d', 'd1') },
			{ kind: 'leave', id: 'b', index: 2 },
			{ kind: 'update', id: 'd', index: 0, row: row('d', 'd2') },
			{ kind: 'leave', id: 'never', index: 1 },
		] });
		if (before.length !== 3) throw new Error('the rows given were changed');
		return rows.map((r) => r.text);`))
}

func TestCivilTimesGoThereAndBack(t *testing.T) {
	t.Parallel()
	require.Equal(t, []any{
		"2026-03-04T15:30:00Z", "2026-03-04T12:30",
		// Clocks in New York were set from 02:00 to 03:00, and back.
		"2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z", "2026-11-01T12:00:00Z", "",
	}, inNode(t, `
		const { useTimeZone } = await load('lib/i18n.js');
		const { fromCivil, toCivil } = await load('lib/civil.js');
		useTimeZone('America/Sao_Paulo');
		const here = [fromCivil('2026-03-04T12:30'), toCivil('2026-03-04T15:30:00Z')];
		useTimeZone('America/New_York');
		return [...here, fromCivil('2026-03-08T01:30'), fromCivil('2026-03-08T03:00'), fromCivil('2026-11-01T07:00'), fromCivil('soon')];`))
}

func TestASearchHoldsWhatCanBeFound(t *testing.T) {
	t.Parallel()
	require.Equal(t, []any{"", "+55 (11)", "ana", float64(256)}, inNode(t, `
		const { searchable } = await load('list/criteria.js');
		return [searchable(' + ( '), searchable('  +55   (11) - '), searchable('ana ?'), new TextEncoder().encode(searchable('é'.repeat(300))).length];`))
}
