package main

import (
	"context"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/ticket"
)

// What the agents say.
var (
	hello = phrase{
		"Oi! Agora você fala com uma pessoa. Já estou vendo isso para você.",
		"Hi! You are talking to a person now. I am looking into it.",
	}
	noted = phrase{
		"Certo, anotei. Já respondo.",
		"I see, noted. I will be right back.",
	}
	sorry = phrase{
		"Sinto muito por isso. Abri um chamado e cuido dele até o fim.",
		"I am sorry about that. I opened a ticket and will see it through.",
	}
	hurry = phrase{
		"Entendo a pressa: isto passa na frente.",
		"I understand the hurry: this goes first.",
	}
	nod = phrase{"👍", "👍"}
	bye = phrase{
		"Eu que agradeço! Quando precisar, é só escrever.",
		"You are welcome! Just write whenever you need us.",
	}
)

// agent is a person, as far as a program can be one.
type agent struct {
	*desk.Seat
	id   handoff.AgentID
	name string
}

// present keeps everybody at their desks: a lease on it runs out when nobody
// renews it, as it does when a browser is closed.
func (o *office) present(ctx context.Context) error {
	for _, a := range o.agents {
		if _, err := a.Connect(ctx, "desk"); err != nil {
			return err
		}
		if err := a.SetAvailability(ctx, handoff.Available, ""); err != nil {
			return err
		}
	}
	return nil
}

// agentWorks lets an agent do what there is to do in the conversations they
// hold, and says whether there was anything.
func (o *office) agentWorks(ctx context.Context, a *agent) (worked bool, err error) {
	mine, err := a.Conversations(ctx, filter.Criteria{Mine: true}, "")
	if err != nil {
		return false, err
	}
	for _, row := range mine.Rows {
		if row.Unread == 0 {
			continue
		}
		did, err := o.attend(ctx, a, row.Conversation)
		if err != nil {
			return worked, err
		}
		worked = worked || did
	}
	return worked, nil
}

// attend answers each message of the contact, from the one that led here on,
// and gives control back to the bot when they said thanks.
func (o *office) attend(ctx context.Context, a *agent, c handoff.Conversation) (worked bool, err error) {
	if open, _, err := a.CanReply(ctx, c.ID); err != nil || !open {
		return false, err // the channel takes nothing until the contact writes again
	}
	t, err := o.talk(ctx, c)
	if err != nil {
		return false, err
	}
	answered, ours, thanked := t.by(handoff.ByAgent), 0, false
	for i, m := range t.heard {
		words, err := o.words(ctx, m)
		if err != nil {
			return worked, err
		}
		if ours == 0 && wanted(words, i) == "" {
			continue // the bot's
		}
		ours++
		thanked = thanked || has(words, thanks...)
		if ours <= answered {
			continue
		}
		if err := o.answer(ctx, a, c, m, words, ours == 1); err != nil {
			return worked, err
		}
		worked = true
	}
	if !thanked {
		return worked, a.MarkRead(ctx, c.ID)
	}
	return true, a.ReturnToBot(ctx, c.ID)
}

var thanks = []string{"obrigado", "obrigada", "thanks"}

// answer does what a message asks for, and then answers it: once answered,
// it is done with. The keys make each step happen once, wherever it stopped.
func (o *office) answer(ctx context.Context, a *agent, c handoff.Conversation, m handoff.Message, words string, isFirst bool) error {
	say := noted
	if isFirst {
		say = hello
	}
	if m.Kind == handoff.KindReaction {
		say = nod
	}
	if has(words, "urgent") { // or urgente
		say = hurry
		if _, err := a.SetPriority(ctx, c.ID, handoff.High); err != nil {
			return err
		}
	}
	if has(words, "problem") { // or problema
		say = sorry
		note := ticket.Draft{Type: "problem", Description: m.Preview().Text}
		if _, err := a.AddTicket(ctx, c.ID, note, desk.Key(m.ID, "ticket")); err != nil {
			return err
		}
	}
	if has(words, thanks...) {
		say = bye
	}
	_, err := a.Reply(ctx, c.ID, handoff.Text(say.to(c)), desk.Key(m.ID, "answer"))
	return err
}
