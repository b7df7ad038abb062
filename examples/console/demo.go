package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/console"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/filter"
)

// lumen is the bot of a shop that sells lamps.
const lumen handoff.BotID = "lumen"

// team is who answers. Those with an e-mail address are for you to sign in as.
var team = []struct {
	handoff.Agent
	queues []handoff.QueueID
	away   string
}{
	{Agent: handoff.Agent{ID: "helena", Name: "Helena Prado", Email: "helena@lumen.example", Permissions: handoff.RoleAdmin, Capacity: 6}, queues: []handoff.QueueID{sales, support, finance}},
	{Agent: handoff.Agent{ID: "caio", Name: "Caio Duarte", Email: "caio@lumen.example", Permissions: handoff.RoleAgent, Capacity: 6}, queues: []handoff.QueueID{sales, support, finance}},
	{Agent: handoff.Agent{ID: "marina", Name: "Marina Lopes", Permissions: handoff.RoleAgent, Capacity: 4}, queues: []handoff.QueueID{finance, sales}, away: "cafe"},
	{Agent: handoff.Agent{ID: "diego", Name: "Diego Ferraz", Permissions: handoff.RoleAgent, Capacity: 4}, queues: []handoff.QueueID{finance, support}, away: "almoco"},
}

var templates = []handoff.Template{
	{ID: "pedido_enviado", Name: "pedido_enviado", Language: "pt_BR", Body: "Olá {{1}}, o pedido {{2}} saiu para entrega. Acompanhe por aqui!"},
	{ID: "retomar_conversa", Name: "retomar_conversa", Language: "pt_BR", Body: "Oi {{1}}, aqui é a Lumen. Podemos continuar nosso atendimento?"},
	{ID: "resume_chat", Name: "resume_chat", Language: "en_US", Body: "Hi {{1}}, this is Lumen. Shall we go on with our conversation?"},
	{ID: "retomar_charla", Name: "retomar_charla", Language: "es", Body: "Hola {{1}}, somos Lumen. ¿Seguimos con su consulta?"},
}

// lines are where agents may write first.
var lines = map[handoff.BotID][]console.Line{
	lumen: {{Channel: whatsapp, Account: accountOf[whatsapp], Name: "WhatsApp Lumen"}},
}

// furnish makes the bot, its queues, people and templates where they are not
// there yet, and says whether the shop is new.
func (t *town) furnish(ctx context.Context) (isNew bool, err error) {
	switch _, err := t.bot.Get(ctx); {
	case errors.Is(err, desk.ErrNotFound):
		isNew = true
		if err := t.found(ctx); err != nil {
			return false, err
		}
	case err != nil:
		return false, err
	}
	for _, a := range team {
		if a.Email != "" {
			continue
		}
		seat, err := t.desk.Seat(ctx, lumen, a.ID)
		if err != nil {
			return false, err
		}
		t.staff = append(t.staff, &colleague{Seat: seat, id: a.ID, queues: a.queues, away: a.away})
	}
	return isNew, nil
}

// found makes the shop.
func (t *town) found(ctx context.Context) error {
	err := t.bot.Put(ctx, handoff.Bot{Name: "Lumen", Language: "pt-BR", TimeZone: "America/Sao_Paulo", Survey: handoff.Survey{
		Kind:     handoff.CSAT,
		Question: "De 1 (péssimo) a 5 (ótimo), como foi o nosso atendimento?",
		Thanks:   "Obrigado! Sua opinião nos ajuda a melhorar.",
	}})
	if err != nil {
		return err
	}
	for _, q := range []handoff.Queue{
		{ID: sales, Name: "Vendas", Sticky: time.Hour},
		{ID: support, Name: "Suporte"},
		{ID: finance, Name: "Financeiro", Mode: handoff.Manual},
	} {
		if err := t.bot.PutQueue(ctx, q); err != nil {
			return err
		}
	}
	for _, a := range team {
		if err := t.bot.PutAgent(ctx, a.Agent); err != nil {
			return err
		}
		for _, q := range a.queues {
			if err := t.bot.PutMember(ctx, handoff.Member{Queue: q, Agent: a.ID}); err != nil {
				return err
			}
		}
	}
	for _, template := range templates {
		template.Channel = whatsapp
		if err := t.bot.PutTemplate(ctx, template); err != nil {
			return err
		}
	}
	return t.stock(ctx)
}

// past plays the days before: the same people on a clock that runs as fast as
// it can, so that what there is to see came about as everything else will.
func (t *town) past(ctx context.Context) error {
	now := time.Now()
	for _, ago := range []time.Duration{50 * time.Hour, 26 * time.Hour} {
		opened := now.Add(-ago)
		if err := t.session(ctx, opened, opened.Add(workday/2)); err != nil {
			return err
		}
		if ago == 26*time.Hour { // forgotten: by now the channel takes only templates
			if err := t.keep(ctx, "caio", 1, whatsapp); err != nil {
				return err
			}
		}
		if err := t.closeShop(ctx); err != nil {
			return err
		}
		t.agenda.forget()
	}
	if err := t.session(ctx, now.Add(-workday), now.Add(-workday/10)); err != nil {
		return err
	}
	for _, you := range []handoff.AgentID{"caio", "helena"} {
		if err := t.keep(ctx, you, 2, whatsapp, web, telegram); err != nil {
			return err
		}
	}
	if err := t.agenda.forward(ctx, now, t.settle); err != nil {
		return err
	}
	t.agenda.clock.past.Store(0)
	return nil
}

// workday is how long the shop has been open today, and twice what it was on
// the days before.
const workday = 5 * time.Minute

// session plays the shop from one time to another.
func (t *town) session(ctx context.Context, from, to time.Time) error {
	t.agenda.clock.reach(from)
	past := func() bool { return t.agenda.clock.past.Load() != 0 }
	t.arrivals(past, 2*time.Second, 5*time.Second)
	for _, a := range t.staff {
		if err := a.SetAvailability(ctx, handoff.Available, ""); err != nil {
			return err
		}
		t.beats(a, past, 4*time.Second, 7*time.Second)
	}
	return t.agenda.forward(ctx, to, t.settle)
}

// settle lets the desk do what it would while it runs.
func (t *town) settle(ctx context.Context) error { return t.desk.Settle(ctx) }

// closeShop ends what is still going on in the evening, but for what you hold.
func (t *town) closeShop(ctx context.Context) error {
	going, err := t.bot.Conversations(ctx, filter.Criteria{}, "")
	if err != nil {
		return err
	}
	for _, row := range going.Rows {
		if row.Agent == "caio" {
			continue
		}
		if _, err := t.bot.End(ctx, row.ID); err != nil {
			return err
		}
	}
	return nil
}

// keep gives one of the people to sign in as some conversations, as if they had
// taken them and gone for a coffee.
func (t *town) keep(ctx context.Context, id handoff.AgentID, n int, on ...handoff.Channel) error {
	you, err := t.desk.Seat(ctx, lumen, id)
	if err != nil {
		return err
	}
	if err := you.SetAvailability(ctx, handoff.Available, ""); err != nil {
		return err
	}
	going, err := t.bot.Conversations(ctx, filter.Criteria{Control: handoff.ControlHuman, Channels: on}, "")
	if err != nil {
		return err
	}
	for _, row := range going.Rows {
		if n == 0 {
			break
		}
		if row.Agent == "caio" || row.Agent == "helena" {
			continue
		}
		if _, err := t.bot.Transfer(ctx, row.ID, desk.Transfer{Agent: id, Override: true}); err != nil {
			return err
		}
		n--
	}
	return you.SetAvailability(ctx, handoff.Unavailable, "")
}

// open puts the play together: the past, if the shop is new, and what is going
// on now. From then on agenda.live has it go on.
func (t *town) open(ctx context.Context) error {
	isNew, err := t.furnish(ctx)
	if err != nil {
		return err
	}
	if isNew {
		err = t.past(ctx)
	} else {
		err = t.resume(ctx)
	}
	if err != nil {
		return err
	}
	for _, a := range t.staff {
		if _, err := a.Connect(ctx, "simulated"); err != nil {
			return err
		}
		if err := a.SetAvailability(ctx, handoff.Available, ""); err != nil {
			return err
		}
	}
	always := func() bool { return true }
	t.arrivals(always, 6*time.Second, 14*time.Second)
	for _, a := range t.staff {
		t.beats(a, always, 4*time.Second, 9*time.Second)
	}
	return nil
}

// signIns gives the people to sign in as passwords of this run, and tells them.
func signIns(ctx context.Context, people *accounts.Accounts, address string, w io.Writer) error {
	program := accounts.By{ID: "demo"}
	for _, a := range team {
		if a.Email == "" {
			continue
		}
		seat := accounts.Seat{Bot: lumen, Agent: a.ID}
		_, temporary, err := people.Invite(ctx, program, accounts.Invitation{Email: a.Email, Name: a.Name, Seat: seat})
		if err != nil {
			return err
		}
		if temporary == "" { // they have one, of another run
			holder, err := people.Holder(ctx, seat)
			if err != nil {
				return err
			}
			if temporary, err = people.Reset(ctx, program, holder.ID, func(accounts.Seat) bool { return true }); err != nil {
				return err
			}
		}
		password := strings.ToLower(rand.Text()[:16])
		token, _, err := people.SignIn(ctx, a.Email, temporary, netip.Addr{}, "demo")
		if err != nil {
			return err
		}
		if token, err = people.ChangePassword(ctx, token, temporary, password); err != nil {
			return err
		}
		if err := people.SignOut(ctx, token); err != nil {
			return err
		}
		role := "agent"
		if a.Permissions == handoff.RoleAdmin {
			role = "admin"
		}
		fmt.Fprintf(w, "%-9s %s  %s\n", role, a.Email, password)
	}
	fmt.Fprintf(w, "%-9s %scustomer/\n", "customer", address)
	return nil
}
