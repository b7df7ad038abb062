package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
)

// network is a channel that ends in this program: its customers are the cast,
// and on the web also the visitors of the customer page.
type network struct {
	town   *town
	window handoff.Window
}

// networks are the channels of the shop.
func networks(t *town) map[handoff.Channel]desk.Channel {
	return map[handoff.Channel]desk.Channel{
		whatsapp: network{t, handoff.Window(24 * time.Hour)},
		web:      network{t, 0},
		telegram: network{t, 0},
	}
}

// Traits tells that a message has one id however often it is sent, so it can be
// sent again when the outcome is unknown.
func (n network) Traits() desk.Traits {
	return desk.Traits{Window: n.window, Idempotent: true}
}

// refusedOne is one message in so many that is refused, for whoever wants to
// see what that looks like.
const refusedOne = 151

// Send takes a message, and has the customer hear of it. A visitor's page
// reads what was written by itself.
func (n network) Send(_ context.Context, out desk.Outgoing) (desk.Sent, error) {
	key := sha256.Sum256([]byte(out.Key))
	if out.Channel == whatsapp && mood(out.Key, refusedOne) {
		return desk.Sent{}, &desk.SendError{Code: "131026", Text: "Message undeliverable"}
	}
	provider := "out." + hex.EncodeToString(key[:12])
	to := handoff.Address{Channel: out.Channel, Account: out.Account, ID: out.To}
	if !n.town.guests.has(to) {
		n.town.hears(out.Message, provider, to)
	}
	return desk.Sent{Provider: provider}, nil
}
