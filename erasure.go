package handoff

// ReasonErased ends a conversation whose contact is erased.
const ReasonErased Reason = "erased"

// MaxRetainDays is the largest Bot.RetainDays.
const MaxRetainDays = 36500

// Erase forgets, in an ended conversation, who the contact was: the copies of
// name, number and address, and the search terms. What was written goes from
// the messages by storage.Erase, in the same commit.
func (c Conversation) Erase(do Act) (Conversation, []Event, error) {
	if err := c.in("erase", StateEnded); err != nil {
		return c, nil, err
	}
	c.ContactName, c.Number, c.Address, c.Terms, c.Preview = "", "", "", nil, Preview{}
	return c.done(c.change(EventErased, do))
}

// Erased is what is left of a contact that is forgotten: ids, which other
// records name, and since when it was known.
func (c Contact) Erased() Contact {
	return Contact{Bot: c.Bot, ID: c.ID, Since: c.Since, Merged: c.Merged, MergedInto: c.MergedInto}
}
