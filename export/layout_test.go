package export

import (
	"context"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/jung-kurt/gofpdf"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

// paperCanvas notes what is drawn, in order.
type paperCanvas struct {
	count, page int
	drawn       []drawn
}

type drawn struct {
	page     int
	x, y     float64
	style    style
	text     string
	bookmark bool
}

func (c *paperCanvas) addPage()                                  { c.count++; c.page = c.count }
func (c *paperCanvas) pages() int                                { return c.count }
func (c *paperCanvas) turnTo(p int)                              { c.page = p }
func (c *paperCanvas) fill(x, y, width, height float64, _ color) {}
func (c *paperCanvas) bookmark(y float64, text string) {
	c.drawn = append(c.drawn, drawn{page: c.page, y: y, text: text, bookmark: true})
}
func (c *paperCanvas) text(x, y float64, s style, text string) {
	c.drawn = append(c.drawn, drawn{page: c.page, x: x, y: y, style: s, text: text})
}

// narrow has every character up to U+2000, all of one width but for the marks
// on others, which have none.
func narrow(r rune) (int, bool) {
	if unicode.Is(unicode.Mn, r) {
		return 0, r < 0x2000
	}
	return 500, r >= ' ' && r < 0x2000 && r != 0x7f
}

// hostile makes texts of what chats and attackers send. Each test makes its
// own generator, since one isn't safe to share between tests in parallel.
func hostile() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"\x00", "\x1b[2J", "\u202e", "\u2066", "👨\u200d👩\u200d👧\u200d👦", "👍🏽", "🇧🇷", "שלום", "مرحبا 123", "e\u0301\u0302\u0303",
			"\r\n", "\n\n", "\u2028", "\t", "{nb}", "(javascript:)", "\\) Tj ET", "</pre>", " ", "     ", "\ufeff", "\U0010ffff", "\ufffd", "\uffff",
			strings.Repeat("x", 500), strings.Repeat("\u0301", 100), "na\u0303o", "你好", "1/2-3",
		}),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 12), func(pieces []string) string { return strings.Join(pieces, "") })
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestEachMessageIsDrawnOnceAndInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(hostile(), 1, 20).Draw(rt, "texts")
		c := handoff.Conversation{Bot: "b", ID: "c"}
		var messages []handoff.Message
		want := ""
		for i, s := range texts {
			messages = append(messages, handoff.Message{
				Bot: "b", Conversation: "c", Number: int64(i + 1), Author: handoff.Actor{By: handoff.ByContact},
				At: time.Unix(int64(i)*40_000, 0), Content: handoff.Content{Kind: handoff.KindLocation, Text: strconv.Itoa(i) + "\n" + s},
			})
			for line := range strings.SplitSeq(metrics(narrow).drawable(messages[i].Text), "\n") {
				want += letters(line)
			}
		}
		d := newDocument(context.Background(), Transcript{Attendances: Values(Attendance{
			Conversation: c, Messages: Values(messages...),
		})}, Options{})
		d.plain, d.bold = narrow, narrow
		paper := &paperCanvas{}
		require.NoError(rt, d.draw(paper))

		got, page, y := "", 0, 0.0
		for _, s := range paper.drawn {
			if s.style != bodyStyle {
				continue
			}
			require.GreaterOrEqual(rt, s.page, page)
			if s.page > page {
				page, y = s.page, 0
			}
			require.Greater(rt, s.y, y, "below what came before")
			require.Less(rt, s.y, sheet.bottom)
			y = s.y
			got += letters(s.text)
		}
		if !strings.ContainsFunc(want, isRightToLeft) {
			require.Equal(rt, want, got)
		}
		require.Equal(rt, sorted(want), sorted(got))
	})
}

// sorted gives the characters without their order. Brackets are left out, as
// they are mirrored from right to left.
func sorted(s string) string {
	r := slices.DeleteFunc([]rune(s), func(r rune) bool { return unicode.In(r, unicode.Ps, unicode.Pe) })
	slices.Sort(r)
	return string(r)
}

func TestLinesFitAndKeepEveryLetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := metrics(narrow).drawable(hostile().Draw(rt, "text"))
		width := rapid.IntRange(0, 20_000).Draw(rt, "width")
		var all []string
		for line := range metrics(narrow).lines(text, width) {
			all = append(all, line)
			if w := metrics(narrow).width(line, 1000); w > float64(width) {
				base := strings.Map(func(r rune) rune {
					if unicode.Is(unicode.Mn, r) {
						return -1
					}
					return r
				}, line)
				base = strings.Trim(base, " ")
				require.LessOrEqual(rt, len([]rune(base)), max(1, width/500), "%q", line)
			}
		}
		require.Equal(rt, letters(text), letters(strings.Join(all, "")))
	})
}

func TestLinesBreakBetweenWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want []string
	}{
		{"one two three", []string{"one two", "three"}},
		{"one  two   three ", []string{"one  two", "three"}},
		{"a\n\nb", []string{"a", "", "b"}},
		{"abcdefghijklm", []string{"abcdefgh", "ijklm"}},
		{"go to x.io/ab/cdef", []string{"go to", "x.io/ab/", "cdef"}},
		{"12/05 12/06", []string{"12/05", "12/06"}},
		{"", []string{""}},
	} {
		require.Equal(t, test.want, slices.Collect(metrics(narrow).lines(test.text, 8*500)), test.text)
	}
}

func TestDrawableHoldsOnlyWhatTheFontHas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		for _, has := range []metrics{narrow, regular().metrics, bold().metrics} {
			s := has.drawable(hostile().Draw(rt, "text"))
			for _, r := range s {
				_, ok := has(r)
				require.True(rt, ok || r == '\n', "%q in %q", r, s)
				require.False(rt, isHidden(r) && r != '\n', "%q in %q", r, s)
			}
		}
	})
}

func TestDrawableComposesAndSigns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ação":             "ação",
		"ac\u0327a\u0303o": "ação",
		"😀!":               "[U+1F600]!",
		"👍🏽👍":              "[U+1F44D+1F3FD][U+1F44D]",
		"❤\ufe0f":          "❤",
		"a\u200bb":         "ab",
		"\x1b[0m":          "[U+001B][0m",
		"\u202eabc":        "[U+202E]abc",
		"a\r\nb\rc":        "a\nb\nc",
		"\xff":             "\ufffd",
		"你":                "[U+4F60]",
		"{nb}":             "{nb}",
	} {
		require.Equal(t, want, metrics(regular().metrics).drawable(text), "%q", text)
	}
}

func TestRightToLeftIsSeenRightToLeft(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ line, want string }{
		{"abc", "abc"},
		{"שלום", "םולש"},
		{"שלום abc", "abc םולש"},
		{"שלום 123", "123 םולש"},
		{"say שלום 123 now", "say 123 םולש now"},
		{"say שלום, ok", "say םולש, ok"},
	} {
		require.Equal(t, test.want, visual(test.line, startsRightToLeft(test.line)), test.line)
	}
}

func TestVisualOrderKeepsEveryLetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		line := strings.ReplaceAll(metrics(regular().metrics).drawable(hostile().Draw(rt, "line")), "\n", "")
		for _, fromRight := range []bool{true, false} {
			require.Equal(rt, sorted(line), sorted(visual(line, fromRight)))
		}
	})
}

func TestHeadingsStandWithWhatFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		paper := &paperCanvas{}
		f := newFlow(paper, page{top: 0, bottom: 100, right: 100})
		n := rapid.IntRange(1, 30).Draw(rt, "blocks")
		for range n {
			f.hold(row{height: 7, spans: []span{{text: "head"}}})
			var b block
			b.keep = 2
			for range rapid.IntRange(1, 40).Draw(rt, "rows") {
				b.rows = append(b.rows, row{height: rapid.Float64Range(1, 12).Draw(rt, "height"), spans: []span{{text: "row"}}})
			}
			f.add(b)
		}
		for i, s := range paper.drawn {
			require.Less(rt, s.y, 100.0)
			if s.text == "head" {
				require.Equal(rt, s.page, paper.drawn[i+1].page)
			}
		}
	})
}

func TestWidthsAreThoseOfThePDF(t *testing.T) {
	t.Parallel()
	for style, f := range map[string]*font{"": regular(), "B": bold()} {
		pdf := gofpdf.New("P", "pt", "A4", "")
		pdf.AddUTF8FontFromBytes("text", style, f.copyTTF())
		pdf.SetFont("text", style, 10)
		found := 0
		for r := rune(1); r < 0xffff; r++ {
			if w, ok := f.metrics(r); ok {
				found++
				require.Equal(t, pdf.GetStringSymbolWidth(string(r)), w, "%U", r)
			}
		}
		require.Greater(t, found, 5000)
		_, ok := f.metrics('✓')
		require.True(t, ok)
		_, ok = f.metrics('你')
		require.False(t, ok)
	}
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	want := reflect.ValueOf(english)
	for _, w := range []words{english, portuguese, spanish} {
		got := reflect.ValueOf(w)
		for i := range got.NumField() {
			name := w.language + " " + got.Type().Field(i).Name
			switch v := got.Field(i); v.Kind() {
			case reflect.String:
				require.NotEmpty(t, v.String(), name)
				require.Equal(t, strings.Count(want.Field(i).String(), "%"), strings.Count(v.String(), "%"), name)
			case reflect.Array:
				for j := range v.Len() {
					require.NotEmpty(t, v.Index(j).String(), name)
				}
			case reflect.Map:
				require.Equal(t, want.Field(i).Len(), v.Len(), name)
				for _, k := range want.Field(i).MapKeys() {
					require.True(t, v.MapIndex(k).IsValid() && v.MapIndex(k).String() != "", "%s %v", name, k)
				}
			}
		}
		for _, s := range append(append(w.days[:], w.months[:]...), w.title, w.page, w.note) {
			require.True(t, metrics(bold().metrics).draws(s), s)
		}
	}
}

func TestAttachedFilesListIsBlankedInPlace(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	file := "before " + string(emptyNames) + "after"
	n, err := withoutNames{&out}.Write([]byte(file))
	require.NoError(t, err)
	require.Equal(t, len(file), n)
	require.Equal(t, "before "+strings.Repeat(" ", len(emptyNames))+"after", out.String())
	require.NoError(t, newPDF("", "", time.Time{}).writeTo(io.Discard))
}

// Going back to a page, the writer believes that what was drawn last is still
// in force, and it is not on that page.
func TestEarlierPageIsDrawnOnInTheRightStyle(t *testing.T) {
	t.Parallel()
	p := newPDF("", "", time.Time{})
	p.f.SetCompression(false)
	p.addPage()
	p.text(10, 10, titleStyle, "first")
	p.addPage()
	p.text(10, 10, smallStyle, "second")
	p.turnTo(1)
	p.text(10, 20, smallStyle, "number")
	var out strings.Builder
	require.NoError(t, p.writeTo(&out))
	_, first, ok := strings.Cut(out.String(), "stream")
	require.True(t, ok)
	first, _, _ = strings.Cut(first, "endstream")
	require.Regexp(t, `(?s) 20\.00 Tf.* 8\.00 Tf`, first)
}

func TestAnswersFindOnlyWhatWasSaidLately(t *testing.T) {
	t.Parallel()
	var r recent
	for i := range 3 * recentMessages {
		r.add(handoff.Message{Account: "a", Provider: strconv.Itoa(i)}, "Maria", []part{{body, strings.Repeat("ã", 10_000)}})
	}
	require.Len(t, r.said, recentMessages)
	_, found := r.find("a", strconv.Itoa(2*recentMessages-1))
	require.False(t, found)
	_, found = r.find("b", strconv.Itoa(3*recentMessages-1))
	require.False(t, found)
	said, found := r.find("a", strconv.Itoa(2*recentMessages))
	require.True(t, found)
	require.Equal(t, recalled{"Maria", said.text}, said)
	require.Equal(t, strings.Repeat("ã", excerptRunes)+"…", said.excerpt())
}
