package console

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/report"
)

// checkedList is what a list of recipients holds.
type checkedList struct {
	Recipients []listedRecipient `json:"recipients"`
	Errors     []lineError       `json:"errors" doc:"At most 1000."`
	Wrong      int               `json:"wrong" doc:"How many lines are wrong."`
}

type listedRecipient struct {
	Line    int      `json:"line"`
	Address string   `json:"address"`
	Params  []string `json:"params"`
}

// lineError is what is wrong with a line.
type lineError struct {
	Line   int    `json:"line" doc:"From 1."`
	Code   string `json:"code" enum:"encoding,quotes,columns,number,empty,long,duplicate,too_many"`
	Column int    `json:"column,omitempty" doc:"From 1, where one is at fault."`
	// Of is the line of which this one is a duplicate, or how many columns it
	// should have.
	Of int `json:"of,omitempty" doc:"The line that has the number already, or how many columns there should be."`
}

const maxLineErrors = 1000

// A WhatsApp address is a number with its country code, or a business-scoped
// user id.
var (
	dialledNumber = regexp.MustCompile(`^[1-9][0-9]{7,14}$`)
	scopedUser    = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)
)

// readList reads a list strictly: a line for each recipient, the address and
// then as many values as the template takes. Values stand between commas,
// semicolons or tabs, whichever of these the first line has; one may be
// in quotes, and none goes over several lines. A first line whose first value
// has no digit names the columns. Empty lines mean nothing.
func readList(text string, channel handoff.Channel, params int) checkedList {
	out := checkedList{Recipients: []listedRecipient{}, Errors: []lineError{}}
	wrong := func(e lineError) {
		if out.Wrong++; len(out.Errors) < maxLineErrors {
			out.Errors = append(out.Errors, e)
		}
	}
	comma, first := rune(0), true
	seen := map[string]int{}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if comma == 0 {
			comma = separator(line)
		}
		values, code := splitLine(line, comma)
		if first {
			first = false
			if code == "" && !strings.ContainsAny(values[0], "0123456789") && len(values) == params+1 && scopedUser.FindString(values[0]) == "" {
				continue
			}
		}
		switch {
		case code != "":
			wrong(lineError{Line: number, Code: code})
			continue
		case len(values) != params+1:
			wrong(lineError{Line: number, Code: "columns", Of: params + 1})
			continue
		case len(out.Recipients) >= handoff.MaxRecipients:
			wrong(lineError{Line: number, Code: "too_many", Of: handoff.MaxRecipients})
			continue
		}
		address := handoff.RecipientAddress(values[0])
		if !reachable(channel, address) {
			wrong(lineError{Line: number, Code: "number", Column: 1})
			continue
		}
		if of := seen[address]; of > 0 {
			wrong(lineError{Line: number, Code: "duplicate", Of: of})
			continue
		}
		if e, ok := badValue(values[1:]); ok {
			e.Line = number
			wrong(e)
			continue
		}
		seen[address] = number
		out.Recipients = append(out.Recipients, listedRecipient{number, address, values[1:]})
	}
	return out
}

// separator is what stands between the values of a line.
func separator(line string) rune {
	for _, r := range "\t;" {
		if strings.ContainsRune(line, r) {
			return r
		}
	}
	return ','
}

// splitLine gives the values of one line, or what keeps it from being read.
func splitLine(line string, comma rune) (values []string, code string) {
	if !utf8.ValidString(line) || strings.ContainsRune(line, utf8.RuneError) || strings.ContainsRune(line, 0) {
		return nil, "encoding"
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.FieldsPerRecord = comma, -1
	values, err := r.Read()
	if err != nil || len(values) == 0 {
		return nil, "quotes"
	}
	if _, err := r.Read(); err != io.EOF {
		return nil, "quotes"
	}
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	return values, ""
}

func reachable(channel handoff.Channel, address string) bool {
	if channel == "whatsapp" {
		return dialledNumber.MatchString(address) || scopedUser.MatchString(address)
	}
	return handoff.CheckAddress("address", address) == nil
}

func badValue(values []string) (lineError, bool) {
	for i, v := range values {
		switch {
		case v == "":
			return lineError{Code: "empty", Column: i + 2}, true
		case len(v) > handoff.MaxParam:
			return lineError{Code: "long", Column: i + 2}, true
		}
	}
	return lineError{}, false
}

// outcomesPage is how many recipients a download reads at once.
const outcomesPage = 1000

type outcomesInput struct {
	Broadcast handoff.BroadcastID `path:"broadcast"`
	Outcome   string              `query:"outcome" enum:"queued,sent,delivered,read,failed,skipped"`
}

// downloadOutcomes gives the outcomes as they are read, however many.
func (c *Console) downloadOutcomes(ctx context.Context, by *caller, in *outcomesInput) (raw, error) {
	b := by.broadcaster()
	q := desk.RecipientQuery{Outcome: handoff.Outcome(in.Outcome), Limit: outcomesPage}
	page, next, err := b.Recipients(ctx, in.Broadcast, q)
	if err != nil {
		return nil, err
	}
	c.log.InfoContext(ctx, "console: outcomes exported", "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "broadcast", in.Broadcast)
	return func(w http.ResponseWriter, r *http.Request) {
		c.download(w, r, "text/csv; charset=utf-8", "broadcast-"+string(in.Broadcast)+".csv", func(to io.Writer) error {
			out := csv.NewWriter(to)
			out.UseCRLF = true
			io.WriteString(to, "\uFEFF") // without which Excel takes UTF-8 for something else
			out.Write([]string{"number", "address", "outcome", "reason", "at", "conversation"})
			for {
				for _, v := range page {
					at := ""
					if !v.At.IsZero() {
						at = v.At.Format(time.RFC3339)
					}
					out.Write([]string{strconv.Itoa(v.Number), report.Harmless(v.Address), string(v.Outcome), report.Harmless(v.Reason), at, string(v.Conversation)})
				}
				if next == 0 {
					out.Flush()
					return out.Error()
				}
				q.After = next
				if page, next, err = b.Recipients(ctx, in.Broadcast, q); err != nil {
					return err
				}
			}
		})
	}, nil
}
