package handoff

// AgentProfile is a named set of permissions, beside the presets. An agent
// who has one may do what it says, and what it comes to say.
type AgentProfile struct {
	ID          ProfileID   `json:"id"`
	Name        string      `json:"name"`
	Permissions Permissions `json:"permissions"`
}

// Check reports what is wrong with p, as an [ErrInvalid]; nil if nothing.
func (p AgentProfile) Check() error {
	if err := CheckID("profile", p.ID); err != nil {
		return err
	}
	if err := CheckName("profile name", p.Name); err != nil {
		return err
	}
	if !p.Permissions.Valid() {
		return invalid("profile permissions", "hold an unknown one")
	}
	return nil
}
