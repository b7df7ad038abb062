package web_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/web"
	"github.com/stretchr/testify/require"
)

// sources gives the text of every file with the extension.
func sources(t *testing.T, ext string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, fs.WalkDir(web.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ext {
			return err
		}
		text, err := fs.ReadFile(web.Files, name)
		found[name] = string(text)
		return err
	}))
	require.NotEmpty(t, found)
	return found
}

// catalogue gives the texts of a language by key; a text with plural forms
// has all of them.
func catalogue(t *testing.T, name string) map[string][]string {
	t.Helper()
	text, err := fs.ReadFile(web.Files, name)
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, json.Unmarshal(text, &tree), name)
	texts := map[string][]string{}
	flatten(t, "", tree, texts)
	return texts
}

func flatten(t *testing.T, at string, tree map[string]any, texts map[string][]string) {
	t.Helper()
	for name, value := range tree {
		key := strings.TrimPrefix(at+"."+name, ".")
		switch value := value.(type) {
		case string:
			require.NotEmpty(t, strings.TrimSpace(value), key)
			texts[key] = []string{value}
		case map[string]any:
			if !plural(value) {
				flatten(t, key, value, texts)
				continue
			}
			require.Contains(t, value, "other", key)
			for _, form := range value {
				texts[key] = append(texts[key], form.(string))
			}
		default:
			t.Errorf("%s is %T", key, value)
		}
	}
}

func plural(value map[string]any) bool {
	forms := []string{"zero", "one", "two", "few", "many", "other"}
	for name := range value {
		if !slices.Contains(forms, name) {
			return false
		}
	}
	return true
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func placeholders(texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, placeholder.FindAllString(text, -1)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var languages = []string{"locales/en.json", "locales/pt-BR.json", "locales/es.json"}

func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	first := catalogue(t, languages[0])
	for _, language := range languages[1:] {
		other := catalogue(t, language)
		require.Equal(t, slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(other)), language)
		for key, texts := range first {
			require.Equal(t, placeholders(texts), placeholders(other[key]), "%s of %s", key, language)
		}
	}
}

// A conversation's events are told in words, or are known to tell an agent
// nothing.
func TestEveryEventOfAConversationHasWords(t *testing.T) {
	t.Parallel()
	texts := catalogue(t, languages[0])
	words := sources(t, ".js")["app/conversation/words.js"]
	kinds := handoff.EventKinds()
	for _, kind := range kinds[:slices.Index(kinds, handoff.EventBotChanged)] {
		told := texts["conv.happened."+string(kind)] != nil || texts["surveys.event."+string(kind)] != nil
		require.True(t, told || strings.Contains(words, "'"+string(kind)+"'"), kind)
	}
	for _, reason := range []handoff.Reason{
		handoff.ReasonAgentLost, handoff.ReasonAgentDisabled, handoff.ReasonQueueRemoved, handoff.ReasonSignedOut,
		handoff.ReasonOverflow, handoff.ReasonNoAnswer, handoff.ReasonSilence,
	} {
		require.NotNil(t, texts["conv.reason."+string(reason)], reason)
	}
}

var (
	asked   = regexp.MustCompile(`\bt\(\s*'([^']+)'`)
	literal = regexp.MustCompile(`'([a-z]\w*(?:\.\w+)+)'`)
	made    = regexp.MustCompile("(\\bt\\()?`([a-z]\\w*\\.(?:\\w+\\.)*\\w*)\\$\\{")
)

func TestEveryWordAskedForExists(t *testing.T) {
	t.Parallel()
	texts := catalogue(t, languages[0])
	var missing []string
	for file, source := range sources(t, ".js") {
		for _, m := range asked.FindAllStringSubmatch(source, -1) {
			if texts[m[1]] == nil {
				missing = append(missing, file+": "+m[1])
			}
		}
		for _, m := range made.FindAllStringSubmatch(source, -1) {
			if m[1] != "" && !anyWith(texts, m[2]) {
				missing = append(missing, file+": "+m[2]+"...")
			}
		}
	}
	require.Empty(t, missing)
}

func anyWith(texts map[string][]string, prefix string) bool {
	for key := range texts {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func TestEveryWordIsUsed(t *testing.T) {
	t.Parallel()
	used, prefixes := map[string]bool{}, map[string]bool{}
	for _, source := range sources(t, ".js") {
		for _, m := range literal.FindAllStringSubmatch(source, -1) {
			used[m[1]] = true
		}
		for _, m := range made.FindAllStringSubmatch(source, -1) {
			prefixes[m[2]] = true
		}
	}
	var unused []string
	for key := range catalogue(t, languages[0]) {
		ok := used[key]
		for prefix := range prefixes {
			ok = ok || strings.HasPrefix(key, prefix)
		}
		if !ok {
			unused = append(unused, key)
		}
	}
	require.Empty(t, unused)
}

func TestNothingBecomesMarkupOrCodeFromText(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|createContextualFragment|DOMParser|document\.write|\beval\(|new Function|javascript:|cssText|\bstyle=|setAttribute\('style'|\son\w+="`)
	for _, ext := range []string{".js", ".html", ".svg"} {
		for file, source := range sources(t, ext) {
			require.Empty(t, forbidden.FindString(source), file)
		}
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := regexp.MustCompile(`(?:src|href)="(?:https?:)?/|url\(\s*['"]?(?:https?:)?/|from '(?:https?:|/)|fetch\('(?:https?:|/)`)
	for _, ext := range []string{".js", ".html", ".css", ".webmanifest"} {
		for file, source := range sources(t, ext) {
			require.Empty(t, elsewhere.FindString(source), file)
		}
	}
}

var (
	imports = regexp.MustCompile(`import\s+(?:\*\s+as\s+\w+\s+from\s+|\{([^}]*)\}\s+from\s+)?'([^']+)'`)
	exports = regexp.MustCompile(`(?m)^export\s+(?:async\s+)?(?:const|let|class|function\*?)\s+(\w+)`)
)

func TestEveryImportIsExported(t *testing.T) {
	t.Parallel()
	modules := sources(t, ".js")
	for file, source := range modules {
		for _, m := range imports.FindAllStringSubmatch(source, -1) {
			target := path.Join(path.Dir(file), m[2])
			require.Contains(t, modules, target, "imported by %s", file)
			var known []string
			for _, e := range exports.FindAllStringSubmatch(modules[target], -1) {
				known = append(known, e[1])
			}
			for name := range strings.SplitSeq(m[1], ",") {
				if name = strings.TrimSpace(strings.Split(strings.TrimSpace(name), " as ")[0]); name != "" {
					require.Contains(t, known, name, "%s imports it from %s", file, target)
				}
			}
		}
	}
}

func TestEveryCustomPropertyIsDeclared(t *testing.T) {
	t.Parallel()
	declared := map[string]bool{}
	for _, ext := range []string{".css", ".js"} {
		for _, source := range sources(t, ext) {
			for _, m := range regexp.MustCompile(`(--[\w-]+)'?\s*[:,]`).FindAllStringSubmatch(source, -1) {
				declared[m[1]] = true
			}
		}
	}
	for file, source := range sources(t, ".css") {
		for _, m := range regexp.MustCompile(`var\((--[\w-]+)\)`).FindAllStringSubmatch(source, -1) {
			require.True(t, declared[m[1]], "%s in %s", m[1], file)
		}
	}
}

func TestEveryFileTheShellNamesExists(t *testing.T) {
	t.Parallel()
	shell := sources(t, ".html")["index.html"]
	named := regexp.MustCompile(`\{\{\.Static\}\}/([^"]+)"`).FindAllStringSubmatch(shell, -1)
	require.NotEmpty(t, named)
	for _, m := range named {
		_, err := fs.Stat(web.Files, m[1])
		require.NoError(t, err)
	}
}

func TestEveryModuleParses(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node to parse them")
	}
	// One process for all of them.
	const parse = `const vm = require('node:vm');
		for (const [file, source] of Object.entries(JSON.parse(require('node:fs').readFileSync(0, 'utf8')))) {
			new vm.SourceTextModule(source, { identifier: file });
		}`
	modules, err := json.Marshal(sources(t, ".js"))
	require.NoError(t, err)
	check := exec.Command(node, "--experimental-vm-modules", "--eval", parse)
	check.Stdin = bytes.NewReader(modules)
	out, err := check.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
