package console

import (
	"context"
	"net/http"
	"time"

	"github.com/handoffdesk/handoff"
)

type tagList struct {
	Tags []handoff.Tag `json:"tags"`
}

type tagPath struct {
	Tag handoff.TagID `path:"tag"`
}

type tagInput struct {
	Tag  handoff.TagID `path:"tag"`
	Body struct {
		Name     string         `json:"name"`
		Colour   handoff.Colour `json:"colour,omitempty" doc:"grey (default) or another of the palette"`
		SetBy    handoff.By     `json:"setBy,omitempty" doc:"agent or bot; empty is both"`
		Archived bool           `json:"archived,omitempty"`
	}
}

type awayReasonList struct {
	AwayReasons []handoff.AwayReason `json:"awayReasons"`
}

type awayReasonPath struct {
	Reason handoff.AwayReasonID `path:"reason"`
}

type awayReasonInput struct {
	Reason handoff.AwayReasonID `path:"reason"`
	Body   struct {
		Name    string `json:"name"`
		Minutes int    `json:"minutes,omitempty" minimum:"0" maximum:"1440" doc:"How long one stays away for it, as planned; 0 is no plan."`
	}
}

type profileList struct {
	Profiles []handoff.AgentProfile `json:"profiles"`
}

type profilePath struct {
	Profile handoff.ProfileID `path:"profile"`
}

type profileInput struct {
	Profile handoff.ProfileID `path:"profile"`
	Body    struct {
		Name        string              `json:"name"`
		Permissions handoff.Permissions `json:"permissions"`
	}
}

// handleCatalogues adds the routes for tags, away reasons and profiles.
func (c *Console) handleCatalogues() {
	handle(c, route{method: http.MethodGet, path: "/tags", name: "listTags", tag: "desk", audience: both,
		summary: "The catalogue of tags, archived ones too"},
		func(ctx context.Context, by *caller, _ *none) (tagList, error) {
			tags, err := by.side().Tags(ctx)
			for i := range tags {
				tags[i] = tags[i].WithDefaults()
			}
			return tagList{list(tags)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/tags/{tag}", name: "putTag", tag: "admin", audience: both,
		summary: "Put a tag into the catalogue, or change it there"},
		func(ctx context.Context, by *caller, in *tagInput) (handoff.Tag, error) {
			t := handoff.Tag{ID: in.Tag, Name: in.Body.Name, Colour: in.Body.Colour, SetBy: in.Body.SetBy, Archived: in.Body.Archived}
			return t.WithDefaults(), by.side().PutTag(ctx, t)
		})
	handle(c, route{method: http.MethodDelete, path: "/tags/{tag}", name: "removeTag", tag: "admin", audience: both,
		summary: "Take a tag out of the catalogue; conversations keep the word"},
		func(ctx context.Context, by *caller, in *tagPath) (none, error) {
			return none{}, by.side().RemoveTag(ctx, in.Tag)
		})
	handle(c, route{method: http.MethodGet, path: "/away-reasons", name: "listAwayReasons", tag: "desk", audience: both,
		summary: "The catalogue of reasons to be away"},
		func(ctx context.Context, by *caller, _ *none) (awayReasonList, error) {
			reasons, err := by.side().AwayReasons(ctx)
			return awayReasonList{list(reasons)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/away-reasons/{reason}", name: "putAwayReason", tag: "admin", audience: both,
		summary: "Put a reason to be away into the catalogue, or change it there"},
		func(ctx context.Context, by *caller, in *awayReasonInput) (handoff.AwayReason, error) {
			r := handoff.AwayReason{ID: in.Reason, Name: in.Body.Name, Minutes: in.Body.Minutes}
			return r, by.side().PutAwayReason(ctx, r)
		})
	handle(c, route{method: http.MethodDelete, path: "/away-reasons/{reason}", name: "removeAwayReason", tag: "admin", audience: both,
		summary: "Take a reason to be away out of the catalogue"},
		func(ctx context.Context, by *caller, in *awayReasonPath) (none, error) {
			return none{}, by.side().RemoveAwayReason(ctx, in.Reason)
		})
	handle(c, route{method: http.MethodGet, path: "/profiles", name: "listProfiles", tag: "admin", audience: both,
		summary: "The named sets of permissions that agents may have"},
		func(ctx context.Context, by *caller, _ *none) (profileList, error) {
			profiles, err := by.side().Profiles(ctx)
			return profileList{list(profiles)}, err
		})
	handle(c, route{method: http.MethodPut, path: "/profiles/{profile}", name: "putProfile", tag: "admin", audience: both,
		summary: "Create or change a profile, and with it what its agents may do"}, c.putProfile)
	handle(c, route{method: http.MethodDelete, path: "/profiles/{profile}", name: "removeProfile", tag: "admin", audience: both,
		summary: "Remove a profile; its agents keep what they may do"},
		func(ctx context.Context, by *caller, in *profilePath) (none, error) {
			return none{}, by.side().RemoveProfile(ctx, in.Profile)
		})
	handle(c, route{method: http.MethodGet, path: "/adherence", name: "getAdherence", tag: "desk", audience: both,
		summary: "How the agents spent a period, as planned or not"}, adherence)
}

func (c *Console) putProfile(ctx context.Context, by *caller, in *profileInput) (handoff.AgentProfile, error) {
	p := handoff.AgentProfile{ID: in.Profile, Name: in.Body.Name, Permissions: in.Body.Permissions}
	if err := by.side().PutProfile(ctx, p); err != nil {
		return p, err
	}
	c.log.InfoContext(ctx, "console: profile changed", "by", by.id(), "ip", c.clientIP(by.r), "bot", by.ref.Bot, "profile", p.ID,
		"permissions", p.Permissions.Names())
	return p, nil
}

type adherenceInput struct {
	From time.Time `query:"from" required:"true" doc:"Inclusive."`
	To   time.Time `query:"to" required:"true" doc:"Exclusive, at most 366 days after from."`
}

type adherenceList struct {
	Agents []Adherence `json:"agents"`
}

// Adherence is as handoff.Adherence, with the times in seconds.
type Adherence struct {
	Agent              handoff.AgentID `json:"agent"`
	AvailableSeconds   int64           `json:"availableSeconds"`
	UnavailableSeconds int64           `json:"unavailableSeconds"`
	AwaySeconds        int64           `json:"awaySeconds"`
	Reasons            []AwayTime      `json:"reasons"`
}

// AwayTime is as handoff.AwayTime, with the times in seconds.
type AwayTime struct {
	Reason         handoff.AwayReasonID `json:"reason,omitempty"`
	Times          int                  `json:"times"`
	ActualSeconds  int64                `json:"actualSeconds"`
	PlannedSeconds int64                `json:"plannedSeconds" doc:"0 without a plan."`
	OverSeconds    int64                `json:"overSeconds"`
}

func adherence(ctx context.Context, by *caller, in *adherenceInput) (adherenceList, error) {
	all, err := by.side().Adherence(ctx, in.From, in.To)
	out := adherenceList{Agents: make([]Adherence, len(all))}
	seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
	for i, a := range all {
		of := Adherence{Agent: a.Agent, AvailableSeconds: seconds(a.Available), UnavailableSeconds: seconds(a.Unavailable),
			AwaySeconds: seconds(a.Away), Reasons: make([]AwayTime, len(a.Reasons))}
		for j, r := range a.Reasons {
			of.Reasons[j] = AwayTime{Reason: r.Reason, Times: r.Times, ActualSeconds: seconds(r.Actual),
				PlannedSeconds: seconds(r.Planned), OverSeconds: seconds(r.Over)}
		}
		out.Agents[i] = of
	}
	return out, err
}
