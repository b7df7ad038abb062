package console

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/report"
)

// ReportInput says what a report is of, but for what may be named several times.
type ReportInput struct {
	From time.Time   `query:"from" required:"true" doc:"What finished from then on."`
	To   time.Time   `query:"to" required:"true" doc:"And before that."`
	Zone string      `query:"zone" maxLength:"64" doc:"Where days and hours are told, such as America/Sao_Paulo; where the agent or the bot is if not said."`
	By   report.Step `query:"by" enum:"day,hour" default:"day"`
}

// query is what the report is of; queues, agents and channels may be named
// several times, which the framework does not read.
func (in *ReportInput) query(by *caller) desk.ReportQuery {
	named := by.r.URL.Query()
	return desk.ReportQuery{From: in.From, To: in.To, Zone: in.Zone, By: in.By,
		Queues: words[handoff.QueueID](named["queues"]), Agents: words[handoff.AgentID](named["agents"]),
		Channels: words[handoff.Channel](named["channels"])}
}

func words[T ~string](all []string) []T {
	var out []T
	for _, s := range all {
		out = append(out, T(s))
	}
	return out
}

// reportParams documents the parameters that query reads itself.
func reportParams() []*huma.Param {
	var all []*huma.Param
	for _, name := range []string{"queues", "agents", "channels"} {
		all = append(all, &huma.Param{Name: name, In: "query", Description: "Any of them; the name is repeated.",
			Schema: &huma.Schema{Type: "array", Items: &huma.Schema{Type: "string", MaxLength: ptr(handoff.MaxID)}}})
	}
	return all
}

type downloadInput struct {
	ReportInput
	Table  report.Table `query:"table" enum:"times,hours,agents,queues,facts" default:"times"`
	Format string       `query:"format" enum:"csv,json" default:"csv" doc:"JSON is one object a line."`
	BOM    bool         `query:"bom" doc:"Begin CSV with a byte order mark, for Excel."`
}

// handleReports adds the routes for reports and surveys.
func (c *Console) handleReports() {
	handle(c, route{method: http.MethodGet, path: "/report", name: "report", tag: "desk", audience: both,
		summary: "What finished in a period, in figures, and what is open", params: reportParams()},
		func(ctx context.Context, by *caller, in *ReportInput) (desk.Report, error) {
			return by.side().Report(ctx, in.query(by))
		})
	handle(c, route{method: http.MethodGet, path: "/report/table", name: "downloadReport", tag: "desk", audience: both,
		summary: "One table of a report to save", params: reportParams(), produce: "text/csv,application/x-ndjson"}, c.downloadReport)
	c.handleSurveys()
}

func (c *Console) downloadReport(ctx context.Context, by *caller, in *downloadInput) (raw, error) {
	zone, err := by.zone(ctx, in.Zone)
	if err != nil {
		return nil, err
	}
	named, err := listNames(ctx, by, nil)
	if err != nil {
		return nil, err
	}
	q, side := in.query(by), by.side()
	var r desk.Report
	if in.Table != report.TableFacts { // which are read as they are written
		if r, err = side.Report(ctx, q); err != nil {
			return nil, err
		}
	}
	mediaType, write := "text/csv; charset=utf-8; header=present", func(w io.Writer) error {
		csv, err := report.NewCSV(w, zone, report.Names{Agents: named.Agents, Queues: named.Queues}, in.BOM)
		if err != nil {
			return err
		}
		if in.Table == report.TableFacts {
			err = writeFacts(ctx, side, q, csv)
		} else {
			err = csv.Report(r.Report, in.Table)
		}
		if err != nil {
			return err
		}
		return csv.Flush()
	}
	if in.Format == "json" {
		mediaType, write = "application/x-ndjson", func(w io.Writer) error { return writeLines(ctx, side, q, r.Report, in.Table, w) }
	}
	name := "report-" + string(in.Table) + "-" + in.From.In(zone).Format(time.DateOnly) + "." + in.Format
	return func(w http.ResponseWriter, req *http.Request) { c.download(w, req, mediaType, name, write) }, nil
}

// zone is the one asked for, or where the agent or else the bot is.
func (by *caller) zone(ctx context.Context, asked string) (*time.Location, error) {
	bot, err := by.settings(ctx)
	if err != nil {
		return nil, err
	}
	var agent handoff.Agent
	if by.seat != nil {
		if agent, err = by.seat.Me(ctx); err != nil {
			return nil, err
		}
	}
	zone, err := time.LoadLocation(cmp.Or(asked, agent.TimeZone, bot.TimeZone))
	if err != nil {
		return nil, &handoff.FieldError{Field: "zone", Reason: "is unknown"}
	}
	return zone, nil
}

func writeFacts(ctx context.Context, from side, q desk.ReportQuery, to *report.CSV) error {
	if err := to.FactHead(); err != nil {
		return err
	}
	for f, err := range from.Facts(ctx, q) {
		if err != nil {
			return err
		}
		if err := to.Fact(f); err != nil {
			return err
		}
	}
	return nil
}

// writeLines writes a table as one JSON object a line.
func writeLines(ctx context.Context, from side, q desk.ReportQuery, r report.Report, t report.Table, w io.Writer) error {
	out := json.NewEncoder(w)
	switch t {
	case report.TableTimes:
		return encodeAll(out, r.Times)
	case report.TableHours:
		return encodeAll(out, r.Hours)
	case report.TableAgents:
		return encodeAll(out, r.Agents)
	case report.TableQueues:
		return encodeAll(out, r.Queues)
	}
	for f, err := range from.Facts(ctx, q) {
		if err != nil {
			return err
		}
		if err := out.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

func encodeAll[T any](out *json.Encoder, rows []T) error {
	for _, row := range rows {
		if err := out.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

// SurveySettings are a handoff.Survey in the API, with the time in seconds.
type SurveySettings struct {
	Kind        handoff.SurveyKind `json:"kind,omitempty" enum:",csat,nps,none" doc:"Empty asks nothing; of a queue it is the bot's. none: the queue asks nothing."`
	Question    string             `json:"question,omitempty" doc:"Say in it what the scores mean: 1 to 5, or 0 to 10."`
	Comment     string             `json:"comment,omitempty" doc:"Asks for a comment after the score."`
	Thanks      string             `json:"thanks,omitempty" doc:"Answers the last thing the contact says."`
	KeepSeconds int64              `json:"keepSeconds,omitempty" minimum:"0" maximum:"2592000" doc:"For how long an answer counts; 0 is a day."`
}

func apiSurvey(s handoff.Survey) SurveySettings {
	return SurveySettings{Kind: s.Kind, Question: s.Question, Comment: s.Comment, Thanks: s.Thanks, KeepSeconds: int64(s.Keep / time.Second)}
}

func (s SurveySettings) handoff() handoff.Survey {
	return handoff.Survey{Kind: s.Kind, Question: s.Question, Comment: s.Comment, Thanks: s.Thanks, Keep: time.Duration(s.KeepSeconds) * time.Second}
}

type surveyList struct {
	Bot    SurveySettings `json:"bot"`
	Queues []queueSurvey  `json:"queues"`
}

type queueSurvey struct {
	Queue  handoff.QueueID `json:"queue"`
	Name   string          `json:"name"`
	Survey SurveySettings  `json:"survey"`
}

type surveyInput struct {
	Body SurveySettings
}

type queueSurveyInput struct {
	Queue handoff.QueueID `path:"queue"`
	Body  SurveySettings
}

func (c *Console) handleSurveys() {
	handle(c, route{method: http.MethodGet, path: "/conversations/{id}/survey", name: "getSurvey", tag: "conversations", audience: both,
		summary: "What became of the survey of a conversation that has ended; without a kind if there was none"},
		func(ctx context.Context, by *caller, in *inConversation) (desk.SurveyResult, error) {
			return by.side().Survey(ctx, in.ID)
		})
	handle(c, route{method: http.MethodGet, path: "/surveys", name: "listSurveys", tag: "desk", audience: both,
		summary: "What contacts are asked when an agent ends a conversation"}, listSurveys)
	handle(c, route{method: http.MethodPut, path: "/bot/survey", name: "putBotSurvey", tag: "admin", audience: both,
		summary: "Change the bot's survey"},
		func(ctx context.Context, by *caller, in *surveyInput) (SurveySettings, error) {
			_, err := by.side().ChangeBot(ctx, func(b *handoff.Bot) error {
				b.Survey = in.Body.handoff()
				return nil
			})
			return in.Body, err
		})
	handle(c, route{method: http.MethodPut, path: "/queues/{queue}/survey", name: "putQueueSurvey", tag: "admin", audience: both,
		summary: "Change a queue's survey"},
		func(ctx context.Context, by *caller, in *queueSurveyInput) (SurveySettings, error) {
			_, err := by.side().ChangeQueue(ctx, in.Queue, func(q *handoff.Queue) error {
				if q.Name == "" {
					return desk.ErrNotFound
				}
				q.Survey = in.Body.handoff()
				return nil
			})
			return in.Body, err
		})
}

func listSurveys(ctx context.Context, by *caller, _ *none) (surveyList, error) {
	bot, err := by.settings(ctx)
	if err != nil {
		return surveyList{}, err
	}
	queues, err := by.side().Queues(ctx)
	out := surveyList{Bot: apiSurvey(bot.Survey), Queues: []queueSurvey{}}
	for _, q := range queues {
		out.Queues = append(out.Queues, queueSurvey{q.ID, q.Name, apiSurvey(q.Survey)})
	}
	return out, err
}
