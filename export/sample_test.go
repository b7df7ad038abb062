package export_test

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/emoji"
	"github.com/handoffdesk/handoff/export/fonts/cjk"
	"github.com/handoffdesk/handoff/export/fonts/noto"
	"github.com/handoffdesk/handoff/ticket"
)

var start = time.Date(2026, 5, 8, 17, 2, 11, 0, time.UTC)

var ana = handoff.Actor{By: handoff.ByAgent, Agent: "ana"}

func contact() handoff.Contact {
	return handoff.Contact{Bot: "acme", ID: "p1", Name: "Maria Silva", Number: "+55 11 91234-5678"}
}

func conversation() handoff.Conversation {
	return handoff.Conversation{
		Bot: "acme", ID: "c1", Contact: "p1", Channel: "whatsapp", Account: "551140028922",
		State: handoff.StateEnded, Queue: "billing", LastAgent: "ana", Priority: handoff.High, Tags: []string{"boleto"},
		StartedAt: start, HumanAt: start.Add(3 * time.Minute), EndedAt: start.Add(26 * time.Hour),
	}
}

// talk numbers messages, a minute apart unless they say when.
func talk(c handoff.Conversation, messages ...handoff.Message) []handoff.Message {
	for i := range messages {
		m := &messages[i]
		m.Bot, m.Conversation, m.Account = c.Bot, c.ID, c.Account
		m.Number, m.ID = int64(i+1), handoff.MessageID(fmt.Sprintf("m%d", i+1))
		if m.At.IsZero() {
			m.At = start.Add(time.Duration(i) * time.Minute)
		}
	}
	return messages
}

func from(a handoff.Actor, c handoff.Content) handoff.Message {
	return handoff.Message{Author: a, Content: c}
}

func wrote(s string) handoff.Message {
	return from(handoff.Actor{By: handoff.ByContact}, handoff.Text(s))
}

func sent(a handoff.Actor, d handoff.Delivery, c handoff.Content) handoff.Message {
	m := from(a, c)
	m.Delivery = d
	return m
}

// one is a transcript of one attendance with the messages.
func one(messages ...handoff.Message) export.Transcript {
	c := conversation()
	return export.Transcript{Bot: "Bia", Contact: contact(), Attendances: export.Values(export.Attendance{
		Conversation: c, Agents: map[handoff.AgentID]string{"ana": "Ana Souza"},
		Queues:   map[handoff.QueueID]string{"billing": "Cobrança"},
		Messages: export.Values(talk(c, messages...)...),
	})}
}

// many gives a transcript of n messages of the length people write.
func many(n int) export.Transcript { return manyOf(n, phrase) }

func manyOf(n int, text func(int) string) export.Transcript {
	c := conversation()
	return export.Transcript{Bot: "Bia", Contact: contact(), Attendances: export.Values(export.Attendance{
		Conversation: c, Agents: map[handoff.AgentID]string{"ana": "Ana Souza"}, Messages: written(c, n, text),
	})}
}

func written(c handoff.Conversation, n int, text func(int) string) iter.Seq2[handoff.Message, error] {
	return func(yield func(handoff.Message, error) bool) {
		for i := range n {
			m := handoff.Message{
				Bot: c.Bot, Conversation: c.ID, ID: handoff.MessageID(fmt.Sprintf("m%d", i+1)), Number: int64(i + 1),
				Author: handoff.Actor{By: handoff.ByContact}, At: start.Add(time.Duration(i) * time.Minute),
				Content: handoff.Text(text(i)),
			}
			if i%2 == 1 {
				m.Author, m.Delivery = ana, handoff.Read
			}
			if !yield(m, nil) {
				return
			}
		}
	}
}

// phrase is the text of the i-th of many messages: 20 to 200 characters.
func phrase(i int) string {
	const said = "Bom dia! Recebi a segunda via do boleto, mas o código de barras não é aceito no aplicativo do banco. " +
		"Vocês conseguem verificar se a data de vencimento está correta e enviar de novo, por favor?"
	return fmt.Sprintf("%d: %s", i, strings.ToValidUTF8(said[:15+(i*37)%(len(said)-16)+1], ""))
}

// everything has a message of every kind, over two days, with events and
// tickets, in two attendances.
func everything() export.Transcript {
	c := conversation()
	bot := handoff.Actor{By: handoff.ByBot}
	file := &handoff.Media{
		ID: "wa-1", URL: "https://files.example/secret", Type: "application/pdf", Name: "boleto maio.pdf", Size: 245_120,
		SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
	question := wrote("Oi! Meu boleto de maio não chegou. Podem me mandar a segunda via? Preciso pagar ainda hoje porque o prazo " +
		"termina à meia-noite e não quero ficar sem o serviço.\n\nObrigada!")
	question.Provider = "wamid.1"
	answer := sent(ana, handoff.Read, handoff.Text("Claro, Maria. Segue o boleto atualizado."))
	answer.Content.Quotes, answer.Provider = "wamid.1", "wamid.7"
	note := from(ana, handoff.Text("Cliente já pediu a segunda via duas vezes este ano.\nVerificar o endereço de e-mail no cadastro."))
	note.Private = true
	brief := from(bot, handoff.Content{Kind: handoff.KindBrief, Text: "Quer a segunda via do boleto.",
		Fields: map[string]string{"cpf": "conferido", "assunto": "boleto"}})
	brief.Private = true
	failed := sent(ana, handoff.Failed, handoff.Text("Posso ajudar com mais alguma coisa?"))
	failed.Failure = "131047 Re-engagement message"
	failed.At = start.Add(25 * time.Hour)
	late := wrote("Chegou, obrigada! 👍🏽 שלום עולם 123 — Ελληνικά, Кириллица, Việt")
	late.At, late.SentAt = start.Add(9*time.Hour), start.Add(8*time.Hour)
	byContact := handoff.Actor{By: handoff.ByContact}
	messages := talk(c,
		question,
		sent(bot, handoff.Read, handoff.Content{Kind: handoff.KindButtons, Text: "Olá, eu sou a Bia! Como posso ajudar?",
			Buttons: []handoff.Choice{{ID: "1", Title: "Segunda via"}, {ID: "2", Title: "Falar com uma pessoa"}}}),
		from(byContact, handoff.Content{Kind: handoff.KindReply, Text: "Falar com uma pessoa", Reply: &handoff.Choice{ID: "2", Title: "Falar com uma pessoa"}}),
		brief,
		sent(bot, handoff.Delivered, handoff.Text("Certo! Vou chamar uma pessoa da equipe de Cobrança.")),
		sent(ana, handoff.Read, handoff.Content{Kind: handoff.KindTemplate, Text: "Olá Maria, aqui é a Ana.", Template: &handoff.TemplateUse{ID: "t", Name: "saudacao", Language: "pt_BR"}}),
		answer,
		sent(ana, handoff.Delivered, handoff.Content{Kind: handoff.KindDocument, Text: "Vence hoje.", Media: file}),
		note,
		from(byContact, handoff.Content{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: "wamid.7", Emoji: "❤️"}}),
		from(byContact, handoff.Content{Kind: handoff.KindAudio, Media: &handoff.Media{ID: "a", Type: "audio/ogg", Size: 18_000, Voice: true}}),
		from(byContact, handoff.Content{Kind: handoff.KindImage, Media: &handoff.Media{ID: "i", Type: "image/jpeg", Size: 2_345_678}, Text: "o comprovante"}),
		from(byContact, handoff.Content{Kind: handoff.KindLocation, Location: &handoff.Location{Latitude: -23.55052, Longitude: -46.633308, Name: "Praça da Sé", Address: "São Paulo"}}),
		from(byContact, handoff.Content{Kind: handoff.KindContacts, Cards: []handoff.Card{{Name: "João Silva", Phones: []string{"+55 11 98888-7777"}, Emails: []string{"joao@example.com"}, Org: "Silva ME"}}}),
		from(byContact, handoff.Content{Kind: handoff.KindOrder, Items: []handoff.Item{{Product: "Plano anual", Quantity: 2, Price: "199.90", Currency: "BRL"}}}),
		sent(ana, handoff.Sent, handoff.Content{Kind: handoff.KindList, Text: "Qual plano prefere?", List: &handoff.List{Button: "Ver planos",
			Sections: []handoff.Section{{Title: "Anuais", Rows: []handoff.Choice{{ID: "1", Title: "Básico", Description: "10 usuários"}, {ID: "2", Title: "Completo"}}}}}}),
		from(byContact, handoff.Content{Kind: handoff.KindSticker, Media: &handoff.Media{ID: "s", Type: "image/webp"}}),
		from(byContact, handoff.Content{Kind: handoff.KindVideo, Media: &handoff.Media{ID: "v", Type: "video/mp4", Size: 900}}),
		from(byContact, handoff.Content{Kind: handoff.KindUnknown, Raw: []byte(`{"type":"poll"}`)}),
		from(byContact, handoff.Content{Kind: handoff.KindErased}),
		late,
		failed,
		sent(handoff.Actor{By: handoff.BySystem}, handoff.Queued, handoff.Text("Atendimento encerrado por inatividade.")),
	)
	messages[len(messages)-1].At = start.Add(26 * time.Hour)
	event := func(kind handoff.EventKind, after time.Duration, by handoff.Actor) handoff.Event {
		return handoff.Event{Kind: kind, Bot: "acme", Conversation: "c1", Actor: by, At: start.Add(after)}
	}
	started := event(handoff.EventStarted, 0, byContact)
	handed := event(handoff.EventHandedOff, 3*time.Minute+30*time.Second, bot)
	handed.Queue = "billing"
	assigned := event(handoff.EventAssigned, 4*time.Minute+10*time.Second, handoff.Actor{By: handoff.BySystem})
	assigned.Agent = "ana"
	ended := event(handoff.EventEnded, 26*time.Hour, ana)
	ended.Reason = handoff.ReasonReturned
	events := []handoff.Event{started, handed, assigned, ended}
	for i := range events {
		events[i].Seq = int64(i + 1)
	}
	second := conversation()
	second.ID, second.State, second.EndedAt, second.StartedAt = "c2", handoff.StateBot, time.Time{}, start.Add(72*time.Hour)
	second.Queue, second.LastAgent, second.Tags, second.Priority = "", "", nil, handoff.NoPriority
	again := talk(second, wrote("Bom dia, tudo certo agora?"))
	again[0].At = second.StartedAt
	return export.Transcript{Bot: "Bia", Contact: contact(), Attendances: export.Values(export.Attendance{
		Conversation: c, Agents: map[handoff.AgentID]string{"ana": "Ana Souza"},
		Queues: map[handoff.QueueID]string{"billing": "Cobrança"},
		Tickets: []ticket.Ticket{{
			Bot: "acme", ID: "t1", Conversation: "c1", Author: "ana", Status: ticket.Resolved, Type: "reclamação",
			Description: "Boleto de maio não chegou por e-mail.", CreatedAt: start.Add(10 * time.Minute),
			History: []ticket.Change{{Status: ticket.Open, Type: "reclamação", By: ana, At: start.Add(10 * time.Minute)},
				{Status: ticket.Resolved, Type: "reclamação", By: ana, At: start.Add(20 * time.Minute)}},
		}},
		Messages: export.Values(messages...), Events: export.Values(events...),
	}, export.Attendance{Conversation: second, Messages: export.Values(again...)})}
}

// all shows everything there is to show.
func all(language string) export.Options {
	zone := time.FixedZone("UTC-3", -3*3600)
	return export.Options{
		Language: language, Zone: zone, Notes: true, Tickets: true, Events: true,
		GeneratedAt: time.Date(2026, 5, 12, 12, 0, 0, 0, time.UTC),
		Emoji:       emoji.Picture, Fonts: append(noto.Families(), cjk.Families()...),
	}
}
