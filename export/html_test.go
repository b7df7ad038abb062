package export_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
)

var clock = regexp.MustCompile(`^\d\d:\d\d:\d\d$`)

var tag = regexp.MustCompile(`<[^>]*>?`)

// ours are the only tags that a page may have, after the style.
var ours = regexp.MustCompile(`^</?(html|head|body|meta|title|style|h1|h2|h3|p|div|dl|dt|dd|section|article|time|b|span|img|footer)( (class|dir|lang|datetime|charset|http-equiv|content|name|alt|width|height|src)="[^"<>]*")*>$|^<!doctype html>$`)

// requireNothingButText makes sure that no text became markup.
func requireNothingButText(t *testing.T, page string) {
	t.Helper()
	for _, found := range tag.FindAllString(page, -1) {
		require.Regexp(t, ours, found)
		if strings.Contains(found, " src=") {
			require.Regexp(t, `src="data:image/jpeg;base64,[A-Za-z0-9+/=]+"`, found)
		}
	}
	for _, r := range page {
		require.True(t, r == '\n' || r == '\t' || r >= ' ' && (r < 0x7f || r >= 0xa0), "%q", r)
	}
}

func TestHTMLHasAllThatTheTextHas(t *testing.T) {
	t.Parallel()
	page := write(t, "HTML", everything(), all("pt-BR"))
	requireNothingButText(t, page)
	require.Contains(t, page, `<html lang="pt-BR">`)
	read := squeeze(strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(tag.ReplaceAllString(page, " ")))
	for line := range strings.Lines(write(t, "text", everything(), all("pt-BR"))) {
		for _, word := range strings.Fields(line) {
			word = strings.Trim(word, "[]:()*|=-")
			if clock.MatchString(word) {
				word = word[:5]
			}
			require.Contains(t, read, word)
		}
	}
}

func TestHTMLCanDoNothing(t *testing.T) {
	t.Parallel()
	attack := "</p><script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover=\"x <a href='javascript:x'>\u202e\x00\x1b]0;x\x07<!--"
	of := one(wrote(attack), from(ana, handoff.Content{Kind: handoff.KindImage, Text: attack, Media: &handoff.Media{Name: attack, Type: attack, URL: "https://evil.example/x"}}),
		sent(ana, handoff.Delivery(attack), handoff.Text(attack)))
	of.Bot, of.Contact.Name = attack, attack
	page := write(t, "HTML", of, export.Options{Title: attack, Language: attack})
	requireNothingButText(t, page)
	require.Contains(t, page, "&lt;script&gt;")
	require.NotContains(t, page, "evil.example")
	require.Regexp(t, `Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^;]+'; img-src data:; base-uri 'none'; form-action 'none'"`, page)
}
