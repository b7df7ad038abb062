package desk_test

import (
	"context"
	"fmt"
	"log"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage/memory"
)

// A contact writes, the bot hands off, an agent answers and gives control
// back. A program that runs all day calls Run once instead of Settle.
func Example() {
	ctx := context.Background()
	phone := &desktest.Channel{} // yours speaks to a network
	d, err := desk.New(memory.New(nil), &desk.Options{
		Channels: map[handoff.Channel]desk.Channel{"whatsapp": phone},
	})
	check(err)

	bot := d.Bot("acme")
	check(bot.Put(ctx, handoff.Bot{Name: "Acme"}))
	check(bot.PutQueue(ctx, handoff.Queue{ID: "billing", Name: "Billing"}))
	check(bot.PutAgent(ctx, handoff.Agent{ID: "ana", Name: "Ana", Permissions: handoff.RoleAgent}))
	check(bot.PutMember(ctx, handoff.Member{Queue: "billing", Agent: "ana"}))

	ana, err := d.Seat(ctx, "acme", "ana")
	check(err)
	_, err = ana.Connect(ctx, "laptop")
	check(err)
	check(ana.SetAvailability(ctx, handoff.Available, ""))

	in, err := bot.Receive(ctx, handoff.Inbound{
		Channel: "whatsapp", Account: "15550001", Addresses: []string{"5511987650001"},
		Profile: handoff.Profile{Name: "João"}, Provider: "wamid.1", Content: handoff.Text("A fatura está errada"),
	})
	check(err)
	out, err := bot.HandOff(ctx, in.Conversation.ID, desk.HandOff{
		Queue: "billing", Priority: handoff.High, Note: "invoice of March",
		Say: desk.Say{Queued: "Um momento, vou chamar alguém."},
	}, desk.Key(in.Message.ID, "hand off"))
	check(err)
	fmt.Println("now it is", out.State)
	check(d.Settle(ctx))

	page, err := ana.Conversations(ctx, filter.Criteria{Mine: true}, "")
	check(err)
	for _, row := range page.Rows {
		fmt.Printf("Ana has %s, priority %s: %q, %d unread\n", row.ContactName, row.Priority, row.Preview.Text, row.Unread)
	}
	_, err = ana.Reply(ctx, in.Conversation.ID, handoff.Text("Já corrigi, João."), "")
	check(err)
	check(d.Settle(ctx))
	check(ana.ReturnToBot(ctx, in.Conversation.ID))
	for _, text := range phone.Texts() {
		fmt.Println("sent:", text)
	}
	// Output:
	// now it is waiting
	// Ana has João, priority high: "Um momento, vou chamar alguém.", 1 unread
	// sent: Um momento, vou chamar alguém.
	// sent: Já corrigi, João.
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
