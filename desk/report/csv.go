package report

import (
	"encoding/csv"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/handoffdesk/handoff"
)

// Table is one of the tables that a report is written as.
type Table string

// The tables.
const (
	TableTimes  Table = "times"
	TableHours  Table = "hours"
	TableAgents Table = "agents"
	TableQueues Table = "queues"
	// TableFacts is every single fact, for whoever wants to reckon otherwise.
	TableFacts Table = "facts"
)

// Names are what agents and queues are called, for whoever reads a table; an
// id without a name stands for itself.
type Names struct {
	Agents map[handoff.AgentID]string
	Queues map[handoff.QueueID]string
}

// CSV writes tables as RFC 4180 has it: a line of names, commas, CRLF. A text
// that a spreadsheet would take for a formula gets an apostrophe in front;
// numbers, of which some are negative, are left alone. It has one owner and
// buffers: Flush in the end.
type CSV struct {
	w     *csv.Writer
	zone  *time.Location
	names Names
}

// NewCSV begins to write to w, with times as clocks in zone show them. bom
// begins with a byte order mark, without which Excel takes UTF-8 for
// something else. An error of w comes back from a later call.
func NewCSV(w io.Writer, zone *time.Location, names Names, bom bool) (*CSV, error) {
	if bom {
		if _, err := io.WriteString(w, "\uFEFF"); err != nil {
			return nil, err
		}
	}
	c := &CSV{w: csv.NewWriter(w), zone: zone, names: names}
	c.w.UseCRLF = true
	return c, nil
}

// Flush writes what is buffered.
func (c *CSV) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

// Harmless is a text as a cell of CSV that no spreadsheet takes for a formula:
// one that begins like one, also in the wide signs of East Asian keyboards or
// after a break, gets an apostrophe in front.
func Harmless(s string) string {
	if r, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@＝＋－＠\t\r\n", r) {
		return "'" + s
	}
	return s
}

func (c *CSV) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.zone).Format("2006-01-02T15:04:05.000Z07:00")
}

func (c *CSV) agent(id handoff.AgentID) []string {
	return []string{Harmless(string(id)), Harmless(c.names.Agents[id])}
}

func (c *CSV) queue(id handoff.QueueID) []string {
	return []string{Harmless(string(id)), Harmless(c.names.Queues[id])}
}

// Report writes one table of a report, TableFacts excepted. Errors:
// handoff.ErrInvalid for another table, or what the writer says.
func (c *CSV) Report(r Report, t Table) error {
	var err error
	line := func(v Values, about ...string) {
		if err == nil {
			err = c.w.Write(append(about, cells(v)...))
		}
	}
	switch t {
	case TableTimes:
		err = c.w.Write(append([]string{"from", "to"}, Columns...))
		for _, row := range r.Times {
			line(row.Values, c.time(row.From), c.time(row.To))
		}
	case TableHours:
		err = c.w.Write(append([]string{"hour"}, Columns...))
		for _, row := range r.Hours {
			line(row.Values, strconv.Itoa(row.Hour))
		}
	case TableAgents:
		err = c.w.Write(append([]string{"agent", "agentName"}, Columns...))
		for _, row := range r.Agents {
			line(row.Values, c.agent(row.Agent)...)
		}
	case TableQueues:
		err = c.w.Write(append([]string{"queue", "queueName"}, Columns...))
		for _, row := range r.Queues {
			line(row.Values, c.queue(row.Queue)...)
		}
	default:
		return &handoff.FieldError{Field: "report table", Reason: "is unknown"}
	}
	return err
}

// Columns are the names of all values, in their order.
var Columns = func() []string {
	var names []string
	for f := range reflect.TypeFor[Values]().Fields() {
		names = append(names, f.Tag.Get("json"))
	}
	return names
}()

// cells are the values as a line has them; one that is nil is empty.
func cells(v Values) []string {
	all := reflect.ValueOf(v)
	line := make([]string, 0, len(Columns))
	for i := range all.NumField() {
		switch f := all.Field(i).Interface().(type) {
		case int64:
			line = append(line, strconv.FormatInt(f, 10))
		case float64:
			line = append(line, decimal(f))
		case *float64:
			if f == nil {
				line = append(line, "")
			} else {
				line = append(line, decimal(*f))
			}
		}
	}
	return line
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// FactColumns are the names of the columns of TableFacts.
var FactColumns = []string{
	"kind", "conversation", "seq", "at", "channel", "queue", "queueName", "agent", "agentName", "from", "how", "reason",
	"since", "replyAt", "outbound", "received", "replies", "automatic", "askedAt", "clock", "asks", "score",
}

// FactHead writes the names of the columns of TableFacts, before the first
// [CSV.Fact].
func (c *CSV) FactHead() error { return c.w.Write(FactColumns) }

// Fact writes one fact.
func (c *CSV) Fact(f Fact) error {
	line := []string{string(f.Kind), Harmless(string(f.Conversation)), strconv.FormatInt(f.Seq, 10), c.time(f.At), Harmless(string(f.Channel))}
	line = append(line, c.queue(f.Queue)...)
	line = append(line, c.agent(f.Agent)...)
	score := ""
	if f.Kind == Survey && f.How == Answered {
		score = strconv.Itoa(f.Score)
	}
	return c.w.Write(append(line,
		c.time(f.From), string(f.How), Harmless(string(f.Reason)), c.time(f.Since), c.time(f.ReplyAt), strconv.FormatBool(f.Outbound),
		strconv.FormatInt(f.Received, 10), strconv.FormatInt(f.Replies, 10), strconv.FormatInt(f.Automatic, 10),
		c.time(f.AskedAt), Harmless(string(f.Clock)), string(f.Asks), score,
	))
}
