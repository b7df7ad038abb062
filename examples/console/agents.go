package main

import (
	"context"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/ticket"
)

// What simulated agents say besides the lines of the stories.
var (
	closing = phrase{
		"Como não tive retorno, vou encerrar por aqui. É só escrever quando quiser!",
		"As I have not heard from you, I am closing this. Just write whenever you like!",
		"Como no tuve respuesta, cierro por aquí. ¡Escriba cuando quiera!",
	}
	passingOn = "Cliente pede condição de pagamento, segue com vocês."
	checked   = "Conferi o cadastro, está tudo certo."
)

// How agents work.
const (
	tooLong  = 150 * time.Second // without an answer, after which one gives up
	aside    = 40                // one beat in so many begins a break
	breakMin = 30 * time.Second
	breakMax = 70 * time.Second
)

// colleague is a simulated agent, who works beside those who sign in.
type colleague struct {
	*desk.Seat
	id     handoff.AgentID
	queues []handoff.QueueID
	away   string // the reason they give for a break
}

// beats lets an agent do one thing after the other, as long as open says.
func (t *town) beats(a *colleague, open func() bool, from, to time.Duration) {
	t.agenda.in(t.agenda.between(from, to), func(ctx context.Context) error {
		if !open() {
			return nil
		}
		t.beats(a, open, from, to)
		return t.work(ctx, a)
	})
}

// work is what an agent does in one go: answer who has waited longest for it,
// or take somebody who waits, or give up on one who is silent.
func (t *town) work(ctx context.Context, a *colleague) error {
	me, err := a.Me(ctx)
	if err != nil {
		return err
	}
	mine, err := a.Conversations(ctx, filter.Criteria{Mine: true}, "")
	if err != nil {
		return err
	}
	if me.Availability == handoff.Available && t.agenda.roll(aside) == 0 {
		t.agenda.in(t.agenda.between(breakMin, breakMax), func(ctx context.Context) error {
			return a.SetAvailability(ctx, handoff.Available, "")
		})
		return a.SetAvailability(ctx, handoff.Away, a.away)
	}
	now := t.agenda.clock.Now()
	var next *desk.Row
	for i, row := range mine.Rows {
		if row.LastReceivedAt.After(row.LastReplyAt) && now.Sub(row.LastReceivedAt) > 2*time.Second &&
			(next == nil || row.LastReceivedAt.Before(next.LastReceivedAt)) {
			next = &mine.Rows[i]
		}
	}
	if next != nil {
		return t.attend(ctx, a, next.Conversation)
	}
	for _, row := range mine.Rows {
		if now.Sub(row.LastReplyAt) > tooLong && now.Sub(row.LastMessageAt) > tooLong {
			return t.giveUp(ctx, a, row.Conversation)
		}
	}
	if me.Availability != handoff.Available || len(mine.Rows) >= me.Limit() {
		return nil
	}
	for _, q := range a.queues {
		line, _, err := a.Waiting(ctx, q, 1)
		if err != nil {
			return err
		}
		if len(line) > 0 {
			_, err := a.Take(ctx, line[0].ID, desk.TakeOptions{})
			return err
		}
	}
	return nil
}

// attend answers a customer with the line of their story, and does beside it
// what there is to do.
func (t *town) attend(ctx context.Context, a *colleague, c handoff.Conversation) error {
	who := t.customerOf(c)
	said, err := t.said(ctx, c.ID)
	if err != nil {
		return err
	}
	heard, answered := said.by(handoff.ByContact), len(said.by(handoff.ByAgent))
	story, told := progress(heard)
	step := min(told-1, len(story.agent)-1)
	if step < 0 || story.queue == "" { // nothing in the book: one line after the other
		story, step = callback, min(answered, len(callback.agent)-1)
	}
	done := told == len(story.customer)
	if err := t.beside(ctx, a, c, story, step, answered); err != nil {
		return err
	}
	if step == 2 && story.transfer != "" && c.Queue != story.transfer {
		_, err := a.Transfer(ctx, c.ID, desk.Transfer{Queue: story.transfer, Note: passingOn})
		return err
	}
	content := handoff.Text(story.agent[step].text.words(who))
	if f := story.agent[step].file; f != nothing {
		m, err := a.Attach(ctx, f.bytes(string(c.ID)))
		if err != nil {
			return err
		}
		m.Type, m.Name = kinds[f].mime, kinds[f].name
		content.Kind, content.Media = kinds[f].kind, &m
	}
	if _, err := a.Reply(ctx, c.ID, content, desk.Key(heard[len(heard)-1].ID, "reply")); err != nil {
		return err
	}
	if done {
		t.agenda.in(t.agenda.between(3*time.Second, 8*time.Second), func(ctx context.Context) error {
			return a.ReturnToBot(ctx, c.ID)
		})
	}
	return a.MarkRead(ctx, c.ID)
}

// beside is what an agent does besides answering: a ticket and a tag with the
// first answer, a note, a priority now and then.
func (t *town) beside(ctx context.Context, a *colleague, c handoff.Conversation, s story, step, answered int) error {
	if answered == 0 && s.tag != "" {
		if _, err := a.Tag(ctx, c.ID, []string{s.tag}, nil); err != nil {
			return err
		}
	}
	if step == 0 && answered == 0 && s.ticket != "" {
		draft := ticket.Draft{Type: s.ticket, Description: s.topic[pt]}
		if _, err := a.AddTicket(ctx, c.ID, draft, desk.Key(c.ID, "ticket")); err != nil {
			return err
		}
	}
	if step == 1 && mood(c.ID, 4) {
		if _, err := a.Note(ctx, c.ID, checked, desk.Key(c.ID, "note")); err != nil {
			return err
		}
	}
	if step == 1 && mood(c.ID, 3) && c.Priority == handoff.NoPriority {
		_, err := a.SetPriority(ctx, c.ID, handoff.Low)
		return err
	}
	if step == len(s.agent)-1 && s.ticket != "" && mood(c.ID, 2) {
		return t.resolve(ctx, a, c)
	}
	return nil
}

// resolve closes the tickets of a conversation.
func (t *town) resolve(ctx context.Context, a *colleague, c handoff.Conversation) error {
	tickets, err := a.Tickets(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, each := range tickets {
		if _, err := a.MoveTicket(ctx, c.ID, each.ID, ticket.Resolved); err != nil {
			return err
		}
	}
	return nil
}

// giveUp says so to a customer who has fallen silent, and ends.
func (t *town) giveUp(ctx context.Context, a *colleague, c handoff.Conversation) error {
	if open, _, err := a.CanReply(ctx, c.ID); err == nil && open {
		_, err := a.Reply(ctx, c.ID, handoff.Text(closing.words(t.customerOf(c))), desk.Key(c.ID, c.Messages, "closing"))
		if err != nil {
			return err
		}
	}
	return a.ReturnToBot(ctx, c.ID)
}
