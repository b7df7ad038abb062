package handoff

import "time"

// AwayReason is an entry of a bot's catalogue of reasons to be away. With
// one entry at least, an agent who goes away names one.
type AwayReason struct {
	ID   AwayReasonID `json:"id"`
	Name string       `json:"name"`
	// Minutes is how long one stays away for it, as planned; 0 is no plan.
	Minutes int `json:"minutes,omitempty"`
}

// MaxAwayMinutes is the longest planned absence: a day.
const MaxAwayMinutes = 24 * 60

// Planned is Minutes as a time.
func (r AwayReason) Planned() time.Duration { return time.Duration(r.Minutes) * time.Minute }

// Check reports what is wrong with r, as an [ErrInvalid]; nil if nothing.
func (r AwayReason) Check() error {
	if err := CheckID("away reason", r.ID); err != nil {
		return err
	}
	if err := CheckName("away name", r.Name); err != nil {
		return err
	}
	if r.Minutes < 0 || r.Minutes > MaxAwayMinutes {
		return invalid("away minutes", "are not between 0 and %d", MaxAwayMinutes)
	}
	return nil
}
