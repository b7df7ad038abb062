package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/report"
)

// read gives the lines of what write wrote.
func read(t require.TestingT, names report.Names, bom bool, write func(*report.CSV) error) (string, [][]string) {
	var out bytes.Buffer
	w, err := report.NewCSV(&out, time.UTC, names, bom)
	require.NoError(t, err)
	require.NoError(t, write(w))
	require.NoError(t, w.Flush())
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\uFEFF"))).ReadAll()
	require.NoError(t, err)
	return out.String(), lines
}

func TestATableHasALineForEachRowAndAColumnForEachValue(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).later(90 * time.Second).assigns("ana").later(time.Minute).ends(handoff.ReasonReturned)
	r := sheet(t, week(), report.Facts(s.events)...).Report()
	names := report.Names{Agents: map[handoff.AgentID]string{"ana": "Ana \"A\", Lima"}}
	for table, want := range map[report.Table]int{report.TableTimes: 12, report.TableHours: 24, report.TableAgents: 1, report.TableQueues: 1} {
		raw, lines := read(t, names, false, func(w *report.CSV) error { return w.Report(r, table) })
		require.Len(t, lines, want+1, table)
		require.Equal(t, strings.Count(raw, "\n"), strings.Count(raw, "\r\n"))
		require.Equal(t, report.Columns, lines[0][len(lines[0])-len(report.Columns):])
	}
	raw, lines := read(t, names, true, func(w *report.CSV) error { return w.Report(r, report.TableAgents) })
	require.True(t, strings.HasPrefix(raw, "\uFEFFagent,agentName,started"), "the mark is the very first")
	require.Equal(t, []string{"ana", "Ana \"A\", Lima"}, lines[1][:2])
	at := func(name string) string {
		for i, n := range lines[0] {
			if n == name {
				return lines[1][i]
			}
		}
		return "no such column"
	}
	require.Equal(t, []string{"90", "1", "60", ""}, []string{at("waitingMean"), at("stints"), at("handlingTotal"), at("npsScore")})
	w, err := report.NewCSV(&bytes.Buffer{}, time.UTC, names, false)
	require.NoError(t, err)
	require.ErrorIs(t, w.Report(r, "none"), handoff.ErrInvalid)
}

func TestATextThatASpreadsheetWouldReckonGetsAnApostrophe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "Ana": "Ana", "1+1": "1+1", "a=b": "a=b", "'=1": "'=1", "５": "５", "\xff=": "\xff=",
		"=1+1": "'=1+1", "+5511": "'+5511", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)",
		"＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠SUM(A1)": "'＠SUM(A1)",
		"\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1",
	} {
		require.Equal(t, want, report.Harmless(text), "%q", text)
	}
}

func TestNoTextIsAFormulaAndNoNumberIsSpoiled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.SampledFrom([]rune("=+-@\t\rab,\"'\n 1é"))).Draw(t, "name")
		names := report.Names{Queues: map[handoff.QueueID]string{"sales": name}}
		f := report.Fact{Kind: report.Survey, How: report.Answered, Asks: handoff.NPS, Queue: "sales", At: nine}
		r := sheet(t, week(), f).Report()
		_, lines := read(t, names, false, func(w *report.CSV) error { return w.Report(r, report.TableQueues) })
		got := lines[1][1]
		require.NotContains(t, "=+-@\t\r\n", (got + " ")[:1])
		if name != "" && !strings.ContainsAny(name[:1], "=+-@\t\r\n") {
			// Within quotes encoding/csv drops each CR, which no name has.
			require.Equal(t, strings.ReplaceAll(name, "\r", ""), got)
		}
		require.Contains(t, lines[1], "-100", "the score of one detractor")
	})
}

func TestEveryFactCanBeWritten(t *testing.T) {
	t.Parallel()
	s := told(t).handsOff(sales).assigns("ana").agentSays("ana").later(time.Minute).ends(handoff.ReasonReturned)
	s.promise(handoff.ClockFirst, true)
	s.surveyed(handoff.EventSurveyAnswered, 0)
	all := report.Facts(s.events)
	_, lines := read(t, report.Names{}, false, func(w *report.CSV) error {
		if err := w.FactHead(); err != nil {
			return err
		}
		for _, f := range all {
			if err := w.Fact(f); err != nil {
				return err
			}
		}
		return nil
	})
	require.Len(t, lines, len(all)+1)
	require.Equal(t, report.FactColumns, lines[0])
	last := lines[len(lines)-1]
	require.Equal(t, "0", last[len(last)-1], "a score of 0 is one")
	require.Equal(t, "", lines[1][len(last)-1])
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestAWriterThatFailsIsHeard(t *testing.T) {
	t.Parallel()
	_, err := report.NewCSV(full{}, time.UTC, report.Names{}, true)
	require.Error(t, err)
	w, err := report.NewCSV(full{}, time.UTC, report.Names{}, false)
	require.NoError(t, err)
	require.NoError(t, w.FactHead())
	require.Error(t, w.Flush())
}

func TestEveryFigureIsDefinedInTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	for _, name := range append(report.Columns, report.FactColumns...) {
		require.Contains(t, string(text), "`"+name+"`", "docs/metrics.md does not say what it is")
	}
}
