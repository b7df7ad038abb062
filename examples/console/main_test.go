package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/filter"
)

// start runs the program on a free port until the test ends, and gives the
// lines it printed up to one with a word.
func start(t *testing.T, until string, args ...string) (lines []string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, &stderr)
		in.Close()
	}()
	status, done := 0, false
	stop = func() int {
		if cancel(); !done {
			go io.Copy(io.Discard, out)
			status, done = <-ended, true
		}
		return status
	}
	t.Cleanup(func() { stop() })
	for r := bufio.NewScanner(out); r.Scan(); {
		lines = append(lines, r.Text())
		if strings.Contains(r.Text(), until) {
			return lines, stop
		}
	}
	require.Fail(t, "it ended", "%s", stderr.String())
	return nil, nil
}

// browser is a client with cookies.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

func post(t *testing.T, c *http.Client, url, body string) *http.Response {
	t.Helper()
	answer, err := c.Post(url, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func get(t *testing.T, c *http.Client, url string) (status int, body string) {
	t.Helper()
	answer, err := c.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(data)
}

func TestTheDemoPrintsHowToGetInAndLetsYouIn(t *testing.T) {
	t.Parallel()
	lines, stop := start(t, "customer")
	require.Len(t, lines, 4)
	require.Regexp(t, `\Ahttp://127\.0\.0\.1:\d+/\z`, lines[0])
	address := lines[0]
	for path, contains := range map[string]string{"healthz": "ok", "": "<html", "customer": "chat.js", "customer/chat.js": "EventSource"} {
		status, body := get(t, browser(t), address+path)
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, contains, path)
	}
	for i, role := range []string{"admin", "agent"} {
		words := strings.Fields(lines[i+1])
		require.Equal(t, role, words[0])
		c := browser(t)
		who, err := json.Marshal(map[string]string{"email": words[1], "password": words[2]})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, post(t, c, address+"api/v1/session", string(who)).StatusCode)
		status, body := get(t, c, address+"api/v1/conversations")
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, body, `"contactName"`)
	}
	require.Equal(t, address+"customer/", strings.Fields(lines[3])[1])
	require.Equal(t, fine, stop())
}

func TestWithoutTheDemoAnEmptyDeskPrintsItsCodeUntilSomebodyIsThere(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "desk.db")
	lines, stop := start(t, "setup code", "-demo=false", "-db", db)
	require.Len(t, lines, 2)
	code := strings.TrimPrefix(lines[1], "setup code ")
	answer := post(t, browser(t), lines[0]+"api/v1/setup", `{"code":"`+code+`","email":"eva@acme.example","name":"Eva",`+
		`"password":"correct horse battery","bot":"acme","botName":"Acme","language":"en","timeZone":"Europe/Lisbon"}`)
	require.Equal(t, http.StatusCreated, answer.StatusCode)
	require.Equal(t, fine, stop())

	lines, stop = start(t, "http://", "-demo=false", "-db", db)
	_, body := get(t, browser(t), lines[0]+"api/v1/setup")
	require.Contains(t, body, `"needed":false`)
	require.Equal(t, fine, stop())
	status, _ := os.Stat(db)
	require.NotNil(t, status, "a named file is kept")
}

func TestWhatCannotBeDoneIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, names string }{
		{"-speed 3", "-speed"},
		{"now", `"now"`},
		{"-addr nowhere", "nowhere"},
		{"-addr 127.0.0.1:0 -db " + t.TempDir() + "/none/desk.db", "none"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, failed, run(t.Context(), strings.Fields(c.args), &stdout, &stderr), c.args)
		require.Empty(t, stdout.String())
		require.Contains(t, strings.Split(stderr.String(), "\n")[0], c.names)
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, fine, run(t.Context(), []string{"-help"}, &stdout, &stderr))
	require.Equal(t, usage, stdout.String())
}

// screen is the stream of a customer page.
type screen struct {
	t     *testing.T
	lines *bufio.Scanner
}

func open(t *testing.T, c *http.Client, address string) screen {
	t.Helper()
	answer, err := c.Get(address + "/customer/events")
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	require.Equal(t, http.StatusOK, answer.StatusCode)
	return screen{t, bufio.NewScanner(answer.Body)}
}

// until reads what the page shows until it shows something.
func (p screen) until(what func(shown) bool) shown {
	p.t.Helper()
	for p.lines.Scan() {
		data, isFrame := strings.CutPrefix(p.lines.Text(), "data: ")
		if !isFrame {
			continue
		}
		var s shown
		require.NoError(p.t, json.Unmarshal([]byte(data), &s))
		if what(s) {
			return s
		}
	}
	require.Fail(p.t, "the stream ended", "%v", p.lines.Err())
	return shown{}
}

// says reports whether somebody's message is shown.
func (s shown) says(by handoff.By, text string) bool {
	for _, m := range s.Messages {
		if m.By == by && strings.Contains(m.Text, text) {
			return true
		}
	}
	return false
}

func TestAVisitorTalksToTheBotWaitsAndIsAnsweredByAPerson(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	town := quiet(t)
	_, err := town.furnish(ctx)
	require.NoError(t, err)
	handler, err := newChat(ctx, town)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	done := make(chan struct{}, 3)
	go func() { town.desk.Run(ctx); done <- struct{}{} }()
	go func() { town.guests.follow(ctx, town.desk); done <- struct{}{} }()
	go func() { town.agenda.live(ctx); done <- struct{}{} }()
	defer func() {
		cancel()
		server.CloseClientConnections()
		server.Close()
		for range 3 {
			<-done
		}
	}()

	visitor, other := browser(t), browser(t)
	stream := open(t, visitor, server.URL)
	stream.until(func(s shown) bool { return s.Conversation == "" })
	require.Equal(t, http.StatusNoContent, post(t, visitor, server.URL+"/customer/messages", `{"name":"Iris","text":"Oi, bom dia"}`).StatusCode)
	s := stream.until(func(s shown) bool { return s.says(handoff.ByBot, greeting[pt]) })
	require.Len(t, s.Messages[1].Buttons, len(departments))
	c, err := town.bot.Conversation(ctx, s.Conversation)
	require.NoError(t, err)
	require.Equal(t, "Iris", c.ContactName)

	post(t, visitor, server.URL+"/customer/messages", `{"choice":{"id":"person","title":"Falar com uma pessoa"}}`)
	s = stream.until(func(s shown) bool { return s.State == handoff.StateWaiting })
	require.Equal(t, "Suporte", s.Queue)
	require.Zero(t, s.Ahead)

	caio, err := town.desk.Seat(ctx, lumen, "caio")
	require.NoError(t, err)
	require.NoError(t, caio.SetAvailability(ctx, handoff.Available, ""))
	_, err = caio.Connect(ctx, "test")
	require.NoError(t, err)
	stream.until(func(s shown) bool { return s.State == handoff.StateAssigned && s.Agent == "Caio Duarte" })
	media, err := caio.Attach(ctx, photo.bytes("x"))
	require.NoError(t, err)
	media.Type, media.Name = "image/png", "x.png"
	_, err = caio.Note(ctx, s.Conversation, "um segredo", "")
	require.NoError(t, err)
	_, err = caio.Reply(ctx, s.Conversation, handoff.Content{Kind: handoff.KindImage, Text: "Olá, Iris!", Media: &media}, "")
	require.NoError(t, err)
	s = stream.until(func(s shown) bool { return s.says(handoff.ByAgent, "Olá, Iris!") })
	require.False(t, s.says(handoff.ByAgent, "segredo"), "a note is for agents only")
	last := s.Messages[len(s.Messages)-1]
	status, body := get(t, visitor, server.URL+"/customer/"+last.File)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, string(photo.bytes("x")), body)
	status, _ = get(t, other, server.URL+"/customer/"+last.File)
	require.Equal(t, http.StatusNotFound, status, "another visitor has no such file")

	require.Eventually(t, func() bool {
		require.Equal(t, http.StatusNoContent, post(t, visitor, server.URL+"/customer/seen", "").StatusCode)
		said, err := town.said(ctx, s.Conversation)
		require.NoError(t, err)
		return said[len(said)-1].Delivery == handoff.Read
	}, 20*time.Second, 50*time.Millisecond)

	require.NoError(t, caio.ReturnToBot(ctx, s.Conversation))
	stream.until(func(s shown) bool { return s.State == handoff.StateEnded })
	require.Equal(t, http.StatusNoContent, post(t, visitor, server.URL+"/customer/messages", `{"text":"Mais uma coisa"}`).StatusCode)
	next := stream.until(func(s shown) bool { return s.says(handoff.ByContact, "Mais uma coisa") })
	require.NotEqual(t, s.Conversation, next.Conversation)
	require.Len(t, town.all(t, filter.Criteria{Status: filter.Ended}), 1)
}

func TestTheCustomerPageTakesOnlySoMuch(t *testing.T) {
	t.Parallel()
	town := quiet(t)
	_, err := town.furnish(t.Context())
	require.NoError(t, err)
	handler, err := newChat(t.Context(), town)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	c := browser(t)
	url := server.URL + "/customer/"
	for _, bad := range []struct {
		body   string
		status int
	}{
		{`{`, http.StatusBadRequest},
		{`{"text":" "}`, http.StatusUnprocessableEntity},
		{`{"text":"` + strings.Repeat("ã", maxWords+1) + `"}`, http.StatusUnprocessableEntity},
		{`{"text":"` + strings.Repeat("ã", 16<<10) + `"}`, http.StatusBadRequest},
	} {
		require.Equal(t, bad.status, post(t, c, url+"messages", bad.body).StatusCode, "%.20s", bad.body)
	}
	answer, err := c.Post(url+"messages", "text/plain", strings.NewReader(`{"text":"oi"}`))
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, http.StatusUnsupportedMediaType, answer.StatusCode)

	answer, err = c.Post(url+"pictures", "image/png", strings.NewReader("<svg onload=alert(1)>"))
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, http.StatusUnsupportedMediaType, answer.StatusCode, "a picture is what its bytes say")

	foreign, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"messages", strings.NewReader(`{"text":"oi"}`))
	require.NoError(t, err)
	foreign.Header.Set("Content-Type", "application/json")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err = c.Do(foreign)
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, http.StatusForbidden, answer.StatusCode)

	status := 0
	for range 20 {
		if status = post(t, c, url+"messages", `{"text":"oi"}`).StatusCode; status != http.StatusNoContent {
			break
		}
	}
	require.Equal(t, http.StatusTooManyRequests, status)
}
