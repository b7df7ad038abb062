package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/filter"
	"github.com/handoffdesk/handoff/storage"
)

const (
	// kindViews is the record of an agent's saved filters: id agent. It is
	// part of the stored data.
	kindViews = "console.views"
	maxViews  = 50
	maxTries  = 10 // of a change that meets others
)

// SavedView is a filter that an agent keeps under a name.
type SavedView struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Criteria filter.Criteria `json:"criteria"`
}

type viewList struct {
	Views []SavedView `json:"views"`
}

type viewPath struct {
	View string `path:"view"`
}

type viewInput struct {
	View string `path:"view"`
	Body struct {
		Name     string          `json:"name"`
		Criteria filter.Criteria `json:"criteria"`
	}
}

func (c *Console) listViews(ctx context.Context, by *caller, _ *none) (viewList, error) {
	views, _, err := c.views(ctx, by.ref)
	return viewList{list(views)}, err
}

func (c *Console) putView(ctx context.Context, by *caller, in *viewInput) (SavedView, error) {
	v := SavedView{ID: in.View, Name: in.Body.Name, Criteria: in.Body.Criteria}
	if err := errors.Join(handoff.CheckID("view", v.ID), handoff.CheckName("name", v.Name), v.Criteria.Check()); err != nil {
		return v, err
	}
	return v, c.changeViews(ctx, by.ref, func(views []SavedView) ([]SavedView, error) {
		if i := slices.IndexFunc(views, func(w SavedView) bool { return w.ID == v.ID }); i >= 0 {
			views[i] = v
			return views, nil
		}
		if len(views) == maxViews {
			return nil, &handoff.FieldError{Field: "view", Reason: fmt.Sprintf("is more than the %d there may be", maxViews)}
		}
		return append(views, v), nil
	})
}

func (c *Console) removeView(ctx context.Context, by *caller, in *viewPath) (none, error) {
	return none{}, c.changeViews(ctx, by.ref, func(views []SavedView) ([]SavedView, error) {
		rest := slices.DeleteFunc(slices.Clone(views), func(w SavedView) bool { return w.ID == in.View })
		if len(rest) == len(views) {
			return nil, desk.ErrNotFound
		}
		return rest, nil
	})
}

// views reads an agent's saved filters and the version of their record.
func (c *Console) views(ctx context.Context, of SeatRef) (views []SavedView, version int64, err error) {
	rs, err := c.desk.Store().Lookup(ctx, []storage.Key{viewsKey(of)})
	if err != nil {
		return nil, 0, fmt.Errorf("console: reading views: %w", err)
	}
	if rs[0].Version == 0 {
		return nil, 0, nil
	}
	if err := json.Unmarshal(rs[0].Data, &views); err != nil {
		return nil, 0, fmt.Errorf("console: record of kind %s: %w", kindViews, err)
	}
	return views, rs[0].Version, nil
}

// changeViews reads, changes and stores them, anew if somebody else did
// meanwhile.
func (c *Console) changeViews(ctx context.Context, of SeatRef, change func([]SavedView) ([]SavedView, error)) error {
	for range maxTries {
		views, version, err := c.views(ctx, of)
		if err != nil {
			return err
		}
		if views, err = change(views); err != nil {
			return err
		}
		data, err := json.Marshal(views)
		if err != nil {
			return fmt.Errorf("console: record of kind %s: %w", kindViews, err)
		}
		now, err := c.desk.Now(ctx)
		if err != nil {
			return err
		}
		err = c.desk.Store().Commit(ctx, storage.Batch{ID: storage.NewBatchID(now), Ops: []storage.Op{storage.PutRecord{
			Record: storage.Record{Key: viewsKey(of), Version: rand.Int64() | 1, Data: data}, Expect: version,
		}}})
		if err == nil {
			return nil
		}
		if !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("%w: storing views: %w", desk.ErrOutcomeUnknown, err)
		}
	}
	return desk.ErrBusy
}

func viewsKey(of SeatRef) storage.Key {
	return storage.Key{Bot: of.Bot, Kind: kindViews, ID: string(of.Agent)}
}
