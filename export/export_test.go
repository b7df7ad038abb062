package export_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/redact"
)

// formats are the ways to write a transcript.
var formats = map[string]func(context.Context, io.Writer, export.Transcript, export.Options) error{
	"PDF": export.WritePDF, "text": export.WriteText, "JSON": export.WriteJSON, "HTML": export.WriteHTML,
}

func write(t testing.TB, format string, of export.Transcript, o export.Options) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, formats[format](context.Background(), &out, of, o))
	return out.String()
}

// tool runs a program on a file, which stands as FILE in its arguments, if
// the machine has the program.
func tool(t *testing.T, file string, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("HANDOFF_REQUIRE_TOOLS") == "1" {
			t.Fatalf("%s is required and not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	path := filepath.Join(t.TempDir(), "transcript.pdf")
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FILE", path)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// requireValid checks the file's structure with qpdf.
func requireValid(t *testing.T, file string) {
	t.Helper()
	require.True(t, strings.HasPrefix(file, "%PDF-"))
	require.True(t, strings.HasSuffix(file, "%%EOF\n"))
	require.Contains(t, tool(t, file, "qpdf", "--check", "FILE"), "No syntax or stream encoding errors found")
}

// pdfText is what a reader of the PDF can search and copy, without the
// margins of the pages.
func pdfText(t *testing.T, file string) string {
	t.Helper()
	return tool(t, file, "pdftotext", "-layout", "-x", "0", "-y", "60", "-W", "596", "-H", "725", "FILE", "-")
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestPDFGivesBackEachMessageInOrder(t *testing.T) {
	t.Parallel()
	var messages []handoff.Message
	for i := range 120 {
		say := []string{
			"Não recebi o boleto, José, você pode reenviar?", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
			"Съешь же ещё этих мягких французских булок.", "Tiếng Việt có dấu", "a line\n\nand another (with) \\brackets\\ {nb}",
		}[i%5]
		m := wrote(fmt.Sprintf("message %03d %s", i, say))
		m.At = start.Add(time.Duration(i) * time.Hour)
		messages = append(messages, m)
	}
	file := write(t, "PDF", one(messages...), export.Options{})
	text := squeeze(pdfText(t, file))
	at := 0
	for i, m := range messages {
		want := squeeze(m.Text)
		found := strings.Index(text[at:], want)
		require.GreaterOrEqual(t, found, 0, "message %d: %s", i, want)
		require.Equal(t, 1, strings.Count(text, want))
		at += found + len(want)
	}
	require.Contains(t, text, "Messages 120")
	pages := strings.Count(file, "<</Type /Page\n")
	require.Contains(t, tool(t, file, "pdftotext", "FILE", "-"), fmt.Sprintf("Page %d of %d", pages, pages))
}

func TestPDFIsValid(t *testing.T) {
	t.Parallel()
	for _, of := range []export.Transcript{{}, everything(), many(500), one(wrote(strings.Repeat("x", 100_000)))} {
		requireValid(t, write(t, "PDF", of, all("pt-BR")))
	}
}

func TestPDFHasNothingActive(t *testing.T) {
	t.Parallel()
	attack := "/OpenAction <</S /JavaScript /JS (app.alert(1))>> ) >> endobj https://evil.example"
	of := one(wrote(attack))
	of.Bot, of.Contact.Name = attack, attack
	file := write(t, "PDF", of, export.Options{Title: attack + "\x00\xff\U0001F600\\"})
	for _, active := range []string{
		"/JS", "/JavaScript", "/OpenAction", "/AA", "/Launch", "/EmbeddedFile", "/URI", "/Annots", "/GoToR", "/SubmitForm",
	} {
		require.NotContains(t, file, active)
	}
	requireValid(t, file)
}

func TestSameTranscriptGivesSameBytes(t *testing.T) {
	t.Parallel()
	for format := range formats {
		require.Equal(t, write(t, format, everything(), all("es")), write(t, format, everything(), all("es")), format)
	}
}

func TestFiftyExportsAtOnce(t *testing.T) {
	t.Parallel()
	want := write(t, "PDF", everything(), all("pt"))
	var wg sync.WaitGroup
	got := make([]bytes.Buffer, 50)
	errs := make([]error, 50)
	for i := range got {
		wg.Go(func() { errs[i] = export.WritePDF(context.Background(), &got[i], everything(), all("pt")) })
	}
	wg.Wait()
	for i := range got {
		require.NoError(t, errs[i])
		require.True(t, want == got[i].String())
	}
}

func TestErrorOfAnIteratorEndsTheExport(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failing := func(yield func(handoff.Message, error) bool) {
		m := talk(conversation(), wrote("hello"))[0]
		_ = yield(m, nil) && yield(handoff.Message{}, broken)
	}
	for format, write := range formats {
		of := export.Transcript{Attendances: export.Values(export.Attendance{Conversation: conversation(), Messages: failing})}
		var out bytes.Buffer
		require.ErrorIs(t, write(context.Background(), &out, of, export.Options{}), broken, format)
		if format == "PDF" {
			require.Empty(t, out.Bytes())
		}

		of = one(wrote("hello"))
		of.Attendances = func(yield func(export.Attendance, error) bool) { yield(export.Attendance{}, broken) }
		require.ErrorIs(t, write(context.Background(), io.Discard, of, export.Options{}), broken, format)

		of = export.Transcript{Attendances: export.Values(export.Attendance{
			Events: func(yield func(handoff.Event, error) bool) { yield(handoff.Event{}, broken) },
		})}
		require.ErrorIs(t, write(context.Background(), io.Discard, of, all("")), broken, format)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestErrorOfTheWriterIsTold(t *testing.T) {
	t.Parallel()
	for format, write := range formats {
		require.ErrorIs(t, write(context.Background(), full{}, many(1000), export.Options{}), io.ErrShortWrite, format)
		require.ErrorIs(t, write(context.Background(), full{}, export.Transcript{}, export.Options{}), io.ErrShortWrite, format)
	}
}

func TestCancellingEndsTheExport(t *testing.T) {
	t.Parallel()
	for format, write := range formats {
		ctx, cancel := context.WithCancel(context.Background())
		read := 0
		of := many(100_000)
		c := conversation()
		of.Attendances = export.Values(export.Attendance{Conversation: c, Messages: func(yield func(handoff.Message, error) bool) {
			for m := range written(c, 100_000, phrase) {
				if read++; read == 10 {
					cancel()
				}
				if !yield(m, nil) {
					return
				}
			}
		}})
		require.ErrorIs(t, write(ctx, io.Discard, of, export.Options{}), context.Canceled, format)
		require.Equal(t, 10, read, format)
	}
}

func TestMessageReadTwiceIsRefused(t *testing.T) {
	t.Parallel()
	c := conversation()
	said := talk(c, wrote("one"), wrote("two"))
	stranger := said[1]
	stranger.Conversation = "c9"
	tenant := said[1]
	tenant.Bot = "other"
	for format, write := range formats {
		for _, messages := range [][]handoff.Message{{said[0], said[0]}, {said[1], said[0]}, {stranger}, {tenant}} {
			of := export.Transcript{Attendances: export.Values(export.Attendance{Conversation: c, Messages: export.Values(messages...)})}
			require.ErrorIs(t, write(context.Background(), io.Discard, of, export.Options{}), handoff.ErrInvalid, format)
		}
	}
}

// withNote is a conversation where the second message, and its event, is for
// agents only, and the third quotes it.
func withNote() export.Transcript {
	note := from(ana, handoff.Text("canary"))
	note.Private, note.Provider = true, "wamid.note"
	quoting := sent(ana, handoff.Sent, handoff.Text("answer"))
	quoting.Content.Quotes = "wamid.note"
	brief := from(handoff.Actor{By: handoff.ByBot}, handoff.Content{Kind: handoff.KindBrief, Text: "canary"})
	c := conversation()
	said := talk(c, wrote("question"), note, quoting, brief)
	var events []handoff.Event
	for i, m := range said[:3] {
		e := handoff.MessageEvent(m)
		e.Seq = int64(i + 1)
		events = append(events, e)
	}
	return export.Transcript{Attendances: export.Values(export.Attendance{
		Conversation: c, Messages: export.Values(said...), Events: export.Values(events...),
	})}
}

// Of a name only what somebody is called is told, and no word of a language.
func TestJSONNamesTheAuthorOfEachMessage(t *testing.T) {
	t.Parallel()
	bot, system := handoff.Actor{By: handoff.ByBot}, handoff.Actor{By: handoff.BySystem}
	stranger := handoff.Actor{By: handoff.ByAgent, Agent: "zoe"}
	of := one(wrote("question"), from(bot, handoff.Text("one moment")), from(ana, handoff.Text("answer")), from(stranger, handoff.Text("and I")), from(system, handoff.Text("ended")), wrote("as João"))
	for a := range of.Attendances {
		a.Name = func(m handoff.Message) string {
			if m.Text == "as João" {
				return "João"
			}
			return ""
		}
		of.Attendances = export.Values(a)
	}
	var document struct {
		Version     int
		Attendances []struct {
			Messages []struct {
				handoff.Message
				AuthorName *string
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(write(t, "JSON", of, all("pt-BR"))), &document))
	require.Equal(t, export.JSONVersion, document.Version)
	var names []string
	for _, m := range document.Attendances[0].Messages {
		name := "unknown"
		if m.AuthorName != nil {
			name = *m.AuthorName
		}
		names = append(names, name)
	}
	require.Equal(t, []string{"Maria Silva", "Bia", "Ana Souza", "unknown", "unknown", "João"}, names)
	for _, language := range []string{"en", "es"} {
		pt, err := export.Sum(context.Background(), of, export.Options{Language: "pt"})
		require.NoError(t, err)
		other, err := export.Sum(context.Background(), of, export.Options{Language: language})
		require.NoError(t, err)
		require.Equal(t, pt, other)
	}
}

func TestAFailedMessageSaysSoAndWhy(t *testing.T) {
	t.Parallel()
	m := sent(ana, handoff.Failed, handoff.Text("Can I help?"))
	m.Failure = "131047 Re-engagement message"
	for format := range formats {
		out := write(t, format, one(m), export.Options{})
		if format == "PDF" {
			out = squeeze(pdfText(t, out))
		}
		if format == "JSON" {
			require.Contains(t, out, `"delivery":"failed","failure":"131047 Re-engagement message"`)
			continue
		}
		require.Contains(t, out, "✗ not delivered", format)
		require.Contains(t, out, "Not delivered: 131047 Re-engagement message", format)
	}
}

func TestNotesLeaveNoTraceUnlessAskedFor(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "JSON"} {
		out := write(t, format, withNote(), export.Options{Events: true})
		require.Contains(t, out, "question")
		require.Contains(t, out, "answer")
		require.NotContains(t, out, "canary", format)
		require.NotContains(t, out, `"m2"`, format)
		require.Contains(t, write(t, format, withNote(), export.Options{Events: true, Notes: true}), "canary", format)
	}
	require.Contains(t, write(t, "text", withNote(), export.Options{}), "In reply to an earlier message")
	require.Contains(t, write(t, "text", withNote(), export.Options{Notes: true}), "In reply to ana: “canary”")
	text := pdfText(t, write(t, "PDF", withNote(), export.Options{}))
	require.NotContains(t, text, "canary")
	require.Contains(t, pdfText(t, write(t, "PDF", withNote(), export.Options{Notes: true})), "private note")
}

func TestEventsStandWhereTheTimelinePutsThem(t *testing.T) {
	t.Parallel()
	c := conversation()
	said := talk(c, wrote("first"), wrote("second"), wrote("third"))
	for i := range said {
		said[i].At = start // only the timeline tells the order
	}
	event := func(seq int64, kind handoff.EventKind) handoff.Event {
		return handoff.Event{Kind: kind, Seq: seq, At: start}
	}
	told := func(seq int64, m handoff.Message) handoff.Event {
		e := handoff.MessageEvent(m)
		e.Seq = seq
		return e
	}
	of := func(events ...handoff.Event) export.Transcript {
		return export.Transcript{Attendances: export.Values(export.Attendance{
			Conversation: c, Messages: export.Values(said...), Events: export.Values(events...),
		})}
	}
	order := func(out string, want ...string) {
		t.Helper()
		at := -1
		for _, s := range want {
			i := strings.Index(out, s)
			require.Greater(t, i, at, "%s in\n%s", s, out)
			at = i
		}
	}
	out := write(t, "text", of(event(1, handoff.EventStarted), told(2, said[0]), event(3, handoff.EventHandedOff),
		told(4, said[1]), told(5, said[2]), event(6, handoff.EventEnded)), export.Options{Events: true})
	order(out, "Attendance started", "first", "A person was asked for", "second", "third", "Attendance ended")

	late := event(2, handoff.EventEnded)
	late.At = start.Add(time.Minute)
	order(write(t, "text", of(event(1, handoff.EventStarted), late), export.Options{Events: true}),
		"Attendance started", "first", "second", "third", "Attendance ended")
}

func TestDaysAreThoseOfTheZone(t *testing.T) {
	t.Parallel()
	evening := wrote("late") // 22:30 on the 8th in São Paulo, 01:30 on the 9th in UTC
	evening.At = time.Date(2026, 5, 9, 1, 30, 0, 0, time.UTC)
	zone := time.FixedZone("America/Sao_Paulo", -3*3600)
	require.Contains(t, write(t, "text", one(evening), export.Options{Zone: zone, Language: "pt_BR"}), "--- sexta-feira, 8 de maio de 2026 ---\n[22:30:00]")
	require.Contains(t, write(t, "text", one(evening), export.Options{Language: "es-419"}), "--- sábado, 9 de mayo de 2026 ---\n[01:30:00]")
	require.Contains(t, write(t, "text", one(evening), export.Options{Language: "fr"}), "--- Saturday, 9 May 2026 ---\n[01:30:00]")
	require.Contains(t, pdfText(t, write(t, "PDF", one(evening), export.Options{Language: "es"})), "sábado, 9 de mayo de 2026")
}

func TestTextCannotForgeALineNorControlATerminal(t *testing.T) {
	t.Parallel()
	of := one(wrote("hello\n[17:03:00] Ana Souza (agent):\u2028I owe you money\r[18:00:00] x\x1b[2J\u009b1m\u202e\xff\x00"))
	of.Contact.Name = "Eve\n[17:03:00] Ana Souza (agent): yes"
	out := write(t, "text", of, export.Options{Title: "t\x1b]0;x\x07"})
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "[") {
			require.True(t, strings.HasPrefix(line, "[17:02:11] Eve [17:03:00]"), line)
		}
	}
	for _, bad := range []string{"\x1b", "\u009b", "\u202e", "\x00", "\x07", "\r", "\u2028"} {
		require.NotContains(t, out, bad)
	}
	require.Contains(t, out, "x[U+001B][2J[U+009B]1m[U+202E]\ufffd[U+0000]")
}

func TestDigestCanBeComputedFromTheJSON(t *testing.T) {
	t.Parallel()
	out := write(t, "JSON", everything(), all("en"))
	var doc struct {
		Version     int
		Attendances []struct {
			Messages []json.RawMessage
			Events   []handoff.Event
			Tickets  []json.RawMessage
		}
		Messages int
		SHA256   string
	}
	require.NoError(t, json.Unmarshal([]byte(out), &doc))
	sum, n := sha256.New(), 0
	for _, a := range doc.Attendances {
		for _, raw := range a.Messages {
			sum.Write(raw)
			sum.Write([]byte{'\n'})
			var m handoff.Message
			require.NoError(t, json.Unmarshal(raw, &m))
			n++
			require.NotEmpty(t, m.Kind)
		}
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	require.Equal(t, export.JSONVersion, doc.Version)
	require.Equal(t, 24, n)
	require.Equal(t, n, doc.Messages)
	require.Equal(t, digest, doc.SHA256)
	require.Len(t, doc.Attendances, 2)
	require.Len(t, doc.Attendances[0].Events, 4)
	require.Len(t, doc.Attendances[0].Tickets, 1)
	require.Contains(t, write(t, "text", everything(), all("es")), "SHA-256: "+digest)
}

func TestLinksToFilesAreNotPrinted(t *testing.T) {
	t.Parallel()
	require.NotContains(t, write(t, "text", everything(), all("en")), "files.example")
}

func TestAbsurdValuesAreExported(t *testing.T) {
	t.Parallel()
	m := from(handoff.Actor{By: handoff.ByContact}, handoff.Content{Kind: handoff.KindLocation, Location: &handoff.Location{Latitude: nan(), Longitude: nan()}})
	m.SentAt = time.Date(50_000, 1, 1, 0, 0, 0, 0, time.UTC)
	bare := []handoff.Message{m}
	for _, k := range []handoff.Kind{
		"", "newer", handoff.KindText, handoff.KindImage, handoff.KindLocation, handoff.KindContacts, handoff.KindReply,
		handoff.KindReaction, handoff.KindOrder, handoff.KindButtons, handoff.KindList, handoff.KindTemplate, handoff.KindBrief,
		handoff.KindUnknown, handoff.KindErased,
	} {
		bare = append(bare, from(handoff.Actor{By: "newer"}, handoff.Content{Kind: k}))
	}
	for format := range formats {
		out := write(t, format, one(bare...), all("en"))
		if format == "JSON" {
			require.True(t, json.Valid([]byte(out)))
		}
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// FuzzMessage exports any text, as what each part of a transcript says.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{
		"", "hello", "\xff\xfe", "\x00", "👨\u200d👩\u200d👧", "\U0010ffff", "\u202eabc", "שלום 123", "مرحبا", "\r\n\r", "{nb}", "\\)", "\ufffe\uffff",
		strings.Repeat("a", 3000), strings.Repeat("\u0301", 300), "Ċ", "ഊ", "\u0d0d",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		of := one(wrote(s), from(ana, handoff.Content{Kind: handoff.KindUnknown, Text: s}))
		of.Bot, of.Contact.Name = s, s
		o := all(s)
		o.Title, o.Redact = s, redact.Personal()
		file := write(t, "PDF", of, o)
		require.True(t, strings.HasPrefix(file, "%PDF-"))
		require.True(t, strings.HasSuffix(file, "%%EOF\n"))
		require.True(t, json.Valid([]byte(write(t, "JSON", of, o))))
		requireNothingButText(t, write(t, "HTML", of, o))
		for _, r := range write(t, "text", of, o) {
			require.True(t, r == '\n' || r >= ' ' && (r < 0x7f || r >= 0xa0), "%q", r)
		}
	})
}
