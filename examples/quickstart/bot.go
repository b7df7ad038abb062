package main

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// What the bot says.
var (
	greeting = phrase{
		"Olá! Sou o assistente da Demo. Com quem você quer falar?",
		"Hello! I am Demo's assistant. Who would you like to talk to?",
	}
	choices = [...]handoff.Choice{{ID: "sales", Title: "Vendas · Sales"}, {ID: "support", Title: "Suporte · Support"}}

	notUnderstood = phrase{
		"Desculpe, não entendi. Escreva vendas ou suporte.",
		"Sorry, I did not understand. Please write sales or support.",
	}
	calling = phrase{
		"Certo, vou chamar uma pessoa. Um momento, por favor.",
		"All right, I am calling a person. One moment, please.",
	}
)

// patience is the message with which the bot hands off at the latest.
const patience = 3

// botWorks lets the bot answer what it has not answered yet.
func (o *office) botWorks(ctx context.Context, id handoff.ConversationID) error {
	c, err := o.bot.Conversation(ctx, id)
	if err != nil || c.State != handoff.StateBot {
		return err
	}
	t, err := o.talk(ctx, c)
	if err != nil {
		return err
	}
	said, due := t.by(handoff.ByBot), 0
	say := func(to handoff.Message, what handoff.Content) error {
		if due++; due <= said {
			return nil
		}
		_, err := o.bot.Send(ctx, id, what, desk.Key(to.ID, "bot"))
		if errors.Is(err, desk.ErrWindowClosed) {
			return nil // too late for an answer
		}
		return err
	}
	for i, m := range t.heard {
		words, err := o.words(ctx, m)
		if err != nil {
			return err
		}
		if i == 0 {
			hello := handoff.Content{Kind: handoff.KindButtons, Text: greeting.to(c), Buttons: choices[:]}
			if err := say(m, hello); err != nil {
				return err
			}
		}
		if queue := wanted(words, i); queue != "" {
			_, err := o.bot.HandOff(ctx, id, desk.HandOff{
				Queue: queue, Say: desk.Say{Queued: calling.to(c)},
			}, desk.Key(m.ID, "hand-off"))
			return err
		}
		if i > 0 && words != "" { // a sticker has said nothing
			if err := say(m, handoff.Text(notUnderstood.to(c))); err != nil {
				return err
			}
		}
	}
	return nil
}

// wanted gives the queue to which the i-th message of a contact, from 0,
// leads, or "" if it leads to none.
func wanted(words string, i int) handoff.QueueID {
	switch {
	case has(words, "vendas", "sales"):
		return "sales"
	case has(words, "suporte", "support", "atendente", "agent"), i+1 >= patience:
		return "support"
	}
	return ""
}

func has(words string, any ...string) bool {
	for _, w := range any {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}

// words gives what a message says, be it a text, a caption or the title of a
// button, without case and accents.
func (o *office) words(ctx context.Context, m handoff.Message) (string, error) {
	text := m.Text
	if m.Overflow != nil { // what is too long for a message is an attachment
		whole, err := o.bot.Attachment(ctx, m.Overflow.SHA256)
		if err != nil {
			return "", err
		}
		text = string(whole)
	}
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))), nil
}
