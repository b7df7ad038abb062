package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// telling is one turn of telling a webhook.
type telling struct {
	d     *Desk
	hook  doc[endpoint]
	place doc[webhookPlace]
	now   time.Time
	next  storage.Cursor // where the place moves to
	lines []*tellLine
	tells []*told // all of them, in order
}

// tellLine is what must be told in its order: that of one conversation.
type tellLine struct {
	due   bool
	tells []*told
}

// told is one event and what became of it in this turn.
type told struct {
	doc[webhookEvent]
	tried  bool
	answer handoff.WebhookAnswer // status 0: there was none
}

func (e *told) delivered() bool { return e.tried && e.answer.Status/100 == 2 }

// tell makes one turn; more says that another may find something to do.
func (d *Desk) tell(ctx context.Context, k webhookKey, goOn func() bool) (more bool, err error) {
	w := &telling{d: d}
	ready, err := w.look(ctx, k)
	if err != nil || !ready {
		return false, err
	}
	if err := w.claim(ctx); err != nil {
		return false, ignoreConflict(err) // another process has it
	}
	w.post(ctx, goOn)
	return true, ignoreConflict(w.keep(ctx))
}

// look reads what there is to be told and whether any of it is due.
func (w *telling) look(ctx context.Context, k webhookKey) (ready bool, err error) {
	d := w.d
	if w.hook, err = get[endpoint](ctx, d, key(k.bot, kindWebhook, k.id)); err != nil {
		return false, fmt.Errorf("desk: webhook %s: %w", k.id, err)
	}
	if w.place, err = get[webhookPlace](ctx, d, key(k.bot, kindWebhookPlace, k.id)); err != nil {
		return false, fmt.Errorf("desk: place of webhook %s: %w", k.id, err)
	}
	if w.now, err = d.Now(ctx); err != nil {
		return false, err
	}
	if w.hook.version == 0 || w.hook.value.Disabled || w.place.version == 0 || w.place.value.Until.After(w.now) {
		return false, nil
	}
	waiting, err := d.parked(ctx, k.bot, kindWebhookEvent, k.id)
	if err != nil {
		return false, err
	}
	byLine := map[string]*tellLine{}
	known := make(map[string]bool, len(waiting))
	for _, v := range waiting {
		w.add(byLine, v)
		known[v.key.ID] = true
	}
	fresh, err := w.read(ctx, k, maxWaiting-len(waiting))
	if err != nil {
		return false, err
	}
	kept := len(w.tells)
	for _, v := range fresh {
		if !known[v.key.ID] { // as after a replay
			w.add(byLine, v)
		}
	}
	left := tellPage // attempts of this turn
	for _, l := range w.lines {
		if left > 0 && !l.tells[0].value.NotBefore.After(w.now) {
			l.due, l.tells = true, l.tells[:min(len(l.tells), left)]
			left -= len(l.tells)
		}
	}
	if left < tellPage || len(w.tells) > kept {
		return true, nil
	}
	return false, w.pass(ctx, k)
}

// add puts an event at the end of its line.
func (w *telling) add(byLine map[string]*tellLine, v doc[webhookEvent]) {
	of := lineOf(v.value)
	l := byLine[of]
	if l == nil {
		l = &tellLine{}
		byLine[of], w.lines = l, append(w.lines, l)
	}
	e := &told{doc: v}
	l.tells, w.tells = append(l.tells, e), append(w.tells, e)
}

// lineOf names what an event is of: within it order is kept.
func lineOf(v webhookEvent) string {
	switch e := v.Event; {
	case e.Conversation != "":
		return "conversation " + string(e.Conversation)
	case e.Kind == kindTest || e.Kind == kindReset:
		return "id " + v.ID
	case e.Agent != "":
		return "agent " + string(e.Agent)
	case e.Queue != "":
		return "queue " + string(e.Queue)
	}
	return "bot"
}

// read gives what the webhook is to be told of the feed, up to room events
// of it.
func (w *telling) read(ctx context.Context, k webhookKey, room int) ([]doc[webhookEvent], error) {
	cursor, err := storage.ParseCursor(w.place.value.Cursor)
	w.next = cursor
	if room <= 0 {
		return nil, nil // what comes stays in the feed meanwhile
	}
	if err != nil {
		return w.reset(ctx, k, cursor)
	}
	if p := w.d.passedBy(k); p.version == w.place.version {
		cursor = p.cursor
	}
	f, err := w.d.store.Events(ctx, cursor, min(room, tellPage))
	if errors.Is(err, storage.ErrReset) {
		return w.reset(ctx, k, cursor)
	}
	if err != nil {
		return nil, fmt.Errorf("desk: reading the feed: %w", err)
	}
	w.next = f.Next
	var fresh []doc[webhookEvent]
	for _, e := range f.Entries {
		if w.hook.value.Wants(e.Event) {
			id := fmt.Sprintf("%016x-%s", e.Cursor.Pos, e.Cursor.Epoch)
			fresh = append(fresh, doc[webhookEvent]{
				key:   child(k.bot, kindWebhookEvent, k.id, id),
				value: webhookEvent{ID: "evt_" + strings.ReplaceAll(e.Cursor.String(), ".", "_"), Event: e.Event},
			})
		}
	}
	return fresh, nil
}

// reset tells that events may be missing, because the feed was trimmed under
// a webhook that stood still, or is another one. It goes on with the oldest
// event kept, in another feed with what happens next.
func (w *telling) reset(ctx context.Context, k webhookKey, at storage.Cursor) ([]doc[webhookEvent], error) {
	f, err := w.d.store.Events(ctx, storage.Cursor{}, 0)
	if err != nil {
		return nil, fmt.Errorf("desk: head of the feed: %w", err)
	}
	if w.next = f.Head; at.Epoch == f.Head.Epoch && at.Pos <= f.Head.Pos {
		w.next = storage.Cursor{}
	}
	id := newID(w.now)
	return []doc[webhookEvent]{{
		key:   child(k.bot, kindWebhookEvent, k.id, "r"+id),
		value: webhookEvent{ID: "reset_" + id, Event: handoff.Event{Kind: kindReset, Bot: k.bot, Actor: handoff.Actor{By: handoff.BySystem}, At: w.now}},
	}}, nil
}

// pass moves the place past what was not asked for: in memory, and from time
// to time in the store, lest the feed be trimmed behind it.
func (w *telling) pass(ctx context.Context, k webhookKey) error {
	if w.next.String() == w.place.value.Cursor {
		return nil
	}
	if w.now.Sub(w.place.value.Moved) < movePlace {
		w.d.pass(k, passed{w.place.version, w.next})
		return nil
	}
	t := &draft{now: w.now}
	w.place.value.Cursor, w.place.value.Moved = w.next.String(), w.now
	if err := put(t, w.place, time.Time{}); err != nil {
		return err
	}
	return ignoreConflict(w.d.commit(ctx, t))
}

func (d *Desk) passedBy(k webhookKey) passed {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passed[k]
}

func (d *Desk) pass(k webhookKey, p passed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.passed[k] = p
}

// claim keeps other processes from telling the webhook for as long as a turn
// may last.
func (w *telling) claim(ctx context.Context) error {
	t := &draft{now: w.now}
	w.place.value.Owner, w.place.value.Until = newToken(), w.now.Add(tellTurn+w.d.o.SendTimeout+w.d.o.Sweep)
	return w.putPlace(ctx, t)
}

// putPlace commits a draft with the place, and keeps the version it has then.
func (w *telling) putPlace(ctx context.Context, t *draft) error {
	if err := put(t, w.place, time.Time{}); err != nil {
		return err
	}
	w.place.version = t.ops[len(t.ops)-1].(storage.PutRecord).Record.Version
	return w.d.commit(ctx, t)
}

// post makes the attempts that are due, several lines at once, for as long as
// a turn lasts. A line ends with its first failure.
func (w *telling) post(ctx context.Context, goOn func() bool) {
	began := time.Now()
	var g errgroup.Group
	g.SetLimit(w.hook.value.WithDefaults().Concurrency)
	for _, l := range w.lines {
		if !l.due {
			continue
		}
		g.Go(func() error {
			for _, e := range l.tells {
				if !goOn() || time.Since(began) > tellTurn {
					break
				}
				if w.try(ctx, e); !e.delivered() {
					break
				}
			}
			return nil
		})
	}
	_ = g.Wait() // what became of each is in it
}

// try makes one attempt.
func (w *telling) try(ctx context.Context, e *told) {
	ctx, cancel := context.WithTimeout(ctx, w.d.o.SendTimeout)
	defer cancel()
	e.tried = true
	defer func() {
		if p := recover(); p != nil {
			w.d.log.Error("desk: webhook sender panicked", "bot", e.key.Bot, "webhook", w.hook.value.ID,
				"panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	body, err := json.Marshal(struct {
		Type      handoff.EventKind `json:"type"`
		Timestamp time.Time         `json:"timestamp"`
		Data      handoff.Event     `json:"data"`
	}{e.value.Event.Kind, e.value.Event.At, e.value.Event})
	if err != nil {
		return
	}
	now, err := w.d.Now(ctx)
	if err != nil {
		return
	}
	answer, err := w.d.o.Webhooks.Post(ctx, handoff.WebhookPost{
		URL: w.hook.value.URL, Secrets: w.hook.value.secrets(now), ID: e.value.ID, At: now, Body: body,
	})
	if err != nil {
		w.d.log.Warn("desk: webhook not reached", "bot", e.key.Bot, "webhook", w.hook.value.ID, "event", e.value.ID, "error", err)
		return
	}
	e.answer = answer
}

// keep stores what the turn came to and gives the claim back.
func (w *telling) keep(ctx context.Context) error {
	now, err := w.d.Now(ctx)
	if err != nil {
		return err
	}
	t := &draft{now: now}
	p := &w.place.value
	delivered, failed, gone := false, false, false
	for _, e := range w.tells {
		if !e.tried {
			if e.version == 0 {
				if err := put(t, e.doc, time.Time{}); err != nil {
					return err
				}
			}
			continue
		}
		outcome := WebhookDelivered
		if delivered = delivered || e.delivered(); !e.delivered() {
			failed, gone = true, gone || e.answer.Status == http.StatusGone
			if outcome, err = w.fail(ctx, t, e); err != nil {
				return err
			}
		}
		if outcome != WebhookRetrying {
			remove(t, e.doc)
		}
		p.Recent = slices.Insert(p.Recent, 0, WebhookAttempt{
			ID: e.value.ID, Type: string(e.value.Event.Kind), Conversation: e.value.Event.Conversation,
			At: now, Try: e.value.Tries + 1, Status: e.answer.Status, Outcome: outcome,
		})
	}
	p.Recent = p.Recent[:min(len(p.Recent), keepRecent)]
	switch {
	case delivered:
		p.FailingSince = time.Time{}
	case failed && p.FailingSince.IsZero():
		p.FailingSince = now
	}
	if gone || !p.FailingSince.IsZero() && failed && now.Sub(p.FailingSince) >= maxFailing {
		if err := w.disable(t); err != nil {
			return err
		}
	}
	p.Owner, p.Until = "", time.Time{}
	p.Cursor, p.Moved = w.next.String(), now
	return w.putPlace(ctx, t)
}

// fail keeps an event to be told again, or gives it up.
func (w *telling) fail(ctx context.Context, t *draft, e *told) (WebhookOutcome, error) {
	v := e.doc
	v.value.Status = e.answer.Status
	v.value.Tries++
	if v.value.Event.Kind == kindTest {
		return WebhookDead, nil // told once
	}
	if v.value.Tries <= len(tellAgain) {
		after := tellAgain[v.value.Tries-1]
		after += rand.N(after / 5)
		after = max(after, min(e.answer.RetryAfter, maxRetryAfter))
		v.value.NotBefore = t.now.Add(after.Truncate(time.Millisecond))
		return WebhookRetrying, put(t, v, time.Time{})
	}
	v.value.NotBefore = t.now
	v.key.Kind = kindWebhookDead
	before, err := get[webhookEvent](ctx, w.d, v.key) // after a replay
	if err != nil {
		return "", fmt.Errorf("desk: event of webhook %s: %w", w.hook.value.ID, err)
	}
	v.version = before.version
	return WebhookDead, put(t, v, t.now.Add(keepDead))
}

// disable stops telling a webhook that has failed for too long, or says that
// it is gone.
func (w *telling) disable(t *draft) error {
	after := w.hook
	after.value.Disabled = true
	t.roster, t.bots = true, append(t.bots, w.hook.key.Bot)
	system := authority{by: handoff.Actor{By: handoff.BySystem}}
	e := settingEvent(t, system, w.hook.key.Bot, kindWebhook, string(w.hook.value.ID))
	e.Reason = handoff.ReasonWebhookFailing
	t.note(e)
	return put(t, after, time.Time{})
}
