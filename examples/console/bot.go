package main

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// What the bot says.
var (
	greeting = phrase{
		"Olá! Sou a Lumi, assistente da Lumen. Com quem você quer falar?",
		"Hello! I am Lumi, Lumen's assistant. Who would you like to talk to?",
		"¡Hola! Soy Lumi, asistente de Lumen. ¿Con quién quiere hablar?",
	}
	departments = []struct {
		queue handoff.QueueID
		title phrase
	}{
		{sales, phrase{"Vendas", "Sales", "Ventas"}},
		{support, phrase{"Suporte", "Support", "Soporte"}},
		{finance, phrase{"Financeiro", "Billing", "Finanzas"}},
	}
	calling = phrase{
		"Certo, já chamei uma pessoa da equipe. Você é atendido por ordem de chegada.",
		"All right, I have called somebody from the team. You are in line.",
		"De acuerdo, ya llamé a una persona del equipo. Está en la fila.",
	}
	opening = phrase{
		"Abrimos de segunda a sábado, das 9h às 19h. Posso ajudar em algo mais?",
		"We are open Monday to Saturday, 9 am to 7 pm. Anything else?",
		"Abrimos de lunes a sábado, de 9 a 19 h. ¿Algo más?",
	}
	tracking = phrase{
		"Os pedidos e o rastreio estão em lumen.example/pedidos. Posso ajudar em algo mais?",
		"Orders and tracking are at lumen.example/orders. Anything else?",
		"Los pedidos y su seguimiento están en lumen.example/pedidos. ¿Algo más?",
	}
	notUnderstood = phrase{
		"Desculpe, não entendi. Escolha uma opção ou escreva “pessoa”.",
		"Sorry, I did not get that. Choose an option or write “person”.",
		"Perdón, no entendí. Elija una opción o escriba “persona”.",
	}
	welcome = phrase{"De nada! Até logo", "You are welcome! Bye", "¡De nada! Hasta luego"}
)

// tries is the message with which the bot hands off at the latest.
const tries = 4

// answer lets the bot answer the last message of a contact, if it has not.
func (t *town) answer(ctx context.Context, id handoff.ConversationID) error {
	c, err := t.bot.Conversation(ctx, id)
	if err != nil || c.State != handoff.StateBot {
		return err
	}
	said, err := t.said(ctx, id)
	if err != nil || len(said) == 0 || said[len(said)-1].Author.By != handoff.ByContact {
		return err
	}
	m, who, heard := said[len(said)-1], t.customerOf(c), said.by(handoff.ByContact)
	words := fold(m.Text)
	if queue := wanted(m, words, len(heard)); queue != "" {
		return t.handOff(ctx, c, who, queue, heard)
	}
	var say handoff.Content
	switch {
	case has(words, "obrigad", "thank", "gracias", "valeu"):
		if _, err := t.bot.Send(ctx, id, handoff.Text(welcome.words(who)), desk.Key(m.ID, "bot")); err != nil {
			return err
		}
		_, err := t.bot.End(ctx, id)
		return err
	case has(words, "horario", "hours"):
		say = handoff.Text(opening.words(who))
	case has(words, "entrega", "delivery", "rastre", "tracking"):
		say = handoff.Text(tracking.words(who))
	case len(heard) == 1:
		say = offer(greeting, who)
	default:
		say = offer(notUnderstood, who)
	}
	_, err = t.bot.Send(ctx, id, say, desk.Key(m.ID, "bot"))
	return err
}

// offer lets a contact choose a department.
func offer(text phrase, who customer) handoff.Content {
	c := handoff.Content{Kind: handoff.KindButtons, Text: text.words(who)}
	for _, d := range departments {
		c.Buttons = append(c.Buttons, handoff.Choice{ID: string(d.queue), Title: d.title.words(who)})
	}
	return c
}

// wanted gives the queue to which a contact's n-th message, from 1, leads, or
// "" if it leads to none.
func wanted(m handoff.Message, words string, n int) handoff.QueueID {
	for _, d := range departments {
		if m.Reply != nil && m.Reply.ID == string(d.queue) {
			return d.queue
		}
	}
	switch {
	case m.Reply != nil && m.Reply.ID == talkToPerson, n >= tries,
		has(words, "pessoa", "person", "persona", "atendente", "agent", "agente", "human"):
		return support
	}
	return ""
}

// talkToPerson is what the customer page says for its button.
const talkToPerson = "person"

// handOff asks for a person, and tells them what it is about.
func (t *town) handOff(ctx context.Context, c handoff.Conversation, who customer, queue handoff.QueueID, heard said) error {
	priority := handoff.NoPriority
	fields := map[string]string{
		"Idioma": who.language.tag(),
		"Canal":  string(c.Channel),
	}
	if s, told := progress(heard); told > 0 {
		fields["Assunto"], priority = s.topic[pt], s.priority
	}
	if has(fold(heard[0].Text), "urgente", "urgent") {
		priority = handoff.High
	}
	_, err := t.bot.HandOff(ctx, c.ID, desk.HandOff{
		Queue: queue, Priority: priority, Note: heard[0].Preview().Text, Fields: fields,
		Say: desk.Say{Queued: calling.words(who)},
	}, desk.Key(heard[len(heard)-1].ID, "hand-off"))
	return err
}

// fold makes words comparable: without case and accents.
func fold(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) {
			return -1
		}
		return r
	}, norm.NFKD.String(text)))
}

func has(words string, any ...string) bool {
	for _, w := range any {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}
