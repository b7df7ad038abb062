package export

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export/layout"
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

func (c *paperCanvas) addPage()                                        { c.count++; c.page = c.count }
func (c *paperCanvas) pages() int                                      { return c.count }
func (c *paperCanvas) turnTo(p int)                                    { c.page = p }
func (c *paperCanvas) fill(x, y, width, height float64, _ rgb)         {}
func (c *paperCanvas) picture(x, y, width, height float64, _ *picture) {}
func (c *paperCanvas) bookmark(y float64, text string) {
	c.drawn = append(c.drawn, drawn{page: c.page, y: y, text: text, bookmark: true})
}
func (c *paperCanvas) text(x, y float64, s style, line layout.Line) {
	c.drawn = append(c.drawn, drawn{page: c.page, x: x, y: y, style: s, text: line.Text()})
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
			want += letters(told(messages[i].Text))
		}
		d := newDocument(context.Background(), Transcript{Attendances: Values(Attendance{
			Conversation: c, Messages: Values(messages...),
		})}, Options{})
		paper := &paperCanvas{}
		require.NoError(rt, d.draw(paper))

		got, page, y := "", 0, 0.0
		for _, s := range paper.drawn {
			if s.style != bodyStyle && s.style != emojiStyle {
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
		require.Equal(rt, want, got)
	})
}

// told is a text as a document gives it back: control characters are told by
// their code points.
func told(s string) string {
	var out strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			fmt.Fprintf(&out, "[U+%04X]", r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func textLine(s string) layout.Line { return layout.Line{Pieces: []layout.Piece{{Text: s}}} }

func TestHeadingsStandWithWhatFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		paper := &paperCanvas{}
		f := newFlow(paper, page{top: 0, bottom: 100, right: 100})
		n := rapid.IntRange(1, 30).Draw(rt, "blocks")
		for range n {
			f.hold(row{height: 7, spans: []span{{line: textLine("head")}}})
			var b block
			b.keep = 2
			for range rapid.IntRange(1, 40).Draw(rt, "rows") {
				b.rows = append(b.rows, row{height: rapid.Float64Range(1, 12).Draw(rt, "height"), spans: []span{{line: textLine("row")}}})
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
					require.Equal(t, strings.Count(want.Field(i).MapIndex(k).String(), "%"), strings.Count(v.MapIndex(k).String(), "%"), "%s %v", name, k)
				}
			}
		}
	}
}

// A kind or a reason that has no words would be told as it stands in the code.
func TestEveryEventAndReasonHasItsWords(t *testing.T) {
	t.Parallel()
	reasons := constants(t, "Reason", "Closure")
	require.Greater(t, len(reasons), 10)
	for _, w := range []*words{&english, &portuguese, &spanish} {
		for _, kind := range handoff.EventKinds() {
			require.NotEmpty(t, w.events[kind], "%s: %s", w.language, kind)
		}
		for _, reason := range reasons {
			require.NotEmpty(t, w.reasons[handoff.Reason(reason)], "%s: %s", w.language, reason)
		}
		for _, clock := range handoff.SLAClocks {
			require.NotEmpty(t, w.clocks[clock], "%s: %s", w.language, clock)
		}
	}
}

// constants reads the root package's string constants of some types.
func constants(t *testing.T, types ...string) []string {
	files, err := filepath.Glob("../*.go")
	require.NoError(t, err)
	var values []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			of, typed := spec.Type.(*ast.Ident)
			value, literal := spec.Values[0].(*ast.BasicLit)
			if typed && literal && slices.Contains(types, of.Name) {
				s, err := strconv.Unquote(value.Value)
				require.NoError(t, err)
				values = append(values, s)
			}
			return true
		})
	}
	return values
}

func TestEventsTellWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	n := narrator{words: &english, o: Options{Zone: time.UTC}, a: Attendance{
		Agents: map[handoff.AgentID]string{"ana": "Ana Souza"}, Queues: map[handoff.QueueID]string{"billing": "Billing"},
	}}
	ana := handoff.Actor{By: handoff.ByAgent, Agent: "ana"}
	due := time.Date(2026, 5, 8, 17, 2, 0, 0, time.UTC)
	for want, e := range map[string]handoff.Event{
		"Service level: late · first response · due 8 May 2026 17:02":       {Kind: handoff.EventSLAMissed, Clock: handoff.ClockFirst, DueAt: due},
		"Service level: another deadline comes first":                       {Kind: handoff.EventSLAClock},
		"Offered · to Ana Souza":                                            {Kind: handoff.EventOffered, Agent: "ana"},
		"Offer declined · by Ana Souza":                                     {Kind: handoff.EventDeclined, Agent: "ana", Actor: ana},
		"Offer not answered · Ana Souza":                                    {Kind: handoff.EventOfferExpired, Agent: "ana"},
		"Reminded to answer · Ana Souza":                                    {Kind: handoff.EventReminded, Agent: "ana"},
		"The survey was answered · NPS 9/10":                                {Kind: handoff.EventSurveyAnswered, Survey: handoff.NPS, Score: 9},
		"The survey was not sent · reason: the channel took templates only": {Kind: handoff.EventSurveySkipped, Reason: handoff.ReasonWindow},
		"The hand-off was refused: the queue is closed · to queue Billing · reason: outside its hours": {
			Kind: handoff.EventRefused, Queue: "billing", Reason: handoff.Reason(handoff.ClosedHours)},
		"Back in the queue · to queue Billing · reason: agent did not answer": {Kind: handoff.EventRequeued, Queue: "billing", Reason: handoff.ReasonNoAnswer},
		"Transferred · from queue x · to queue Billing":                       {Kind: handoff.EventTransferred, FromQueue: "x", Queue: "billing"},
		"Event: of_a_newer_version":                                           {Kind: "of_a_newer_version"},
	} {
		require.Equal(t, want, n.event(e))
	}
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
