package handoff

// Delivery is how far an outgoing message has come. It only moves forward:
// queued < sent < failed < delivered < read, whatever the order and number
// of the channel's callbacks. The empty Delivery belongs to messages that
// are not sent to anyone, the contact's own and private notes: no news is
// to be applied to them, see [Message.Outgoing].
type Delivery string

// The states of an outgoing message.
const (
	Queued    Delivery = "queued"    // stored, not yet given to the channel
	Sent      Delivery = "sent"      // ✓ the channel took it
	Failed    Delivery = "failed"    // the channel refused it, or retries ran out
	Delivered Delivery = "delivered" // ✓✓ on the contact's device
	Read      Delivery = "read"      // ✓✓ blue
)

var deliveryRank = map[Delivery]int{Queued: 1, Sent: 2, Failed: 3, Delivered: 4, Read: 5}

// Valid reports whether d is one of the states, or empty.
func (d Delivery) Valid() bool { return d == "" || deliveryRank[d] > 0 }

// Advance gives the state after news of next: the higher of the two. Order
// and repetition make no difference to where a sequence of news ends.
func (d Delivery) Advance(next Delivery) Delivery {
	if deliveryRank[next] > deliveryRank[d] {
		return next
	}
	return d
}

// Final reports whether the sender has nothing left to do for the message.
func (d Delivery) Final() bool { return d != Queued }
