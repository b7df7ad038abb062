package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk"
	"github.com/handoffdesk/handoff/desk/desktest"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// bytesStored is how many bytes of files the bot stores, as they are counted,
// which is how many there are.
func (o *office) bytesStored() (counted int64) {
	o.t.Helper()
	var files int64
	for _, r := range o.records("file") {
		var f struct{ Size int64 }
		o.ok(json.Unmarshal(r.Data, &f))
		files += f.Size
		data, err := o.bot.Attachment(o.ctx, r.Key.ID)
		o.ok(err)
		require.Len(o.t, data, int(f.Size))
	}
	for _, r := range o.records("stored") {
		var part int64
		o.ok(json.Unmarshal(r.Data, &part))
		counted += part
	}
	require.Equal(o.t, files, counted)
	return counted
}

func (o *office) records(kind string) []storage.Record {
	o.t.Helper()
	recs, err := o.store.Records(o.ctx, storage.Range{Bot: "acme", Kind: kind}, storage.MaxPage)
	o.ok(err)
	return recs
}

// forgetHolders leaves the store as one from before it was noted who holds
// files.
func (o *office) forgetHolders() {
	o.t.Helper()
	var ops []storage.Op
	for _, kind := range []string{"held", "file", "stored", "holders"} {
		for _, r := range o.records(kind) {
			ops = append(ops, storage.DeleteRecord{Key: r.Key, Expect: r.Version})
		}
	}
	o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(o.clock.Now()), Ops: ops}))
}

func (o *office) attach(data string) handoff.Media {
	o.t.Helper()
	media, err := o.bot.Attach(o.ctx, []byte(data))
	o.ok(err)
	media.Type, media.Name = "text/plain", "x.txt"
	return media
}

func (o *office) sendsFile(id handoff.ConversationID, media handoff.Media) {
	o.t.Helper()
	o.ok(second(o.bot.Send(o.ctx, id, handoff.Content{Kind: handoff.KindDocument, Media: &media}, "")))
}

// later is so much later, with what falls due meanwhile done.
func (o *office) later(d time.Duration) {
	o.t.Helper()
	for ; d > 0; d -= 12 * time.Hour {
		o.clock.Advance(min(d, 12*time.Hour))
		o.settle()
	}
}

func (o *office) hasFile(media handoff.Media) bool {
	o.t.Helper()
	_, err := o.bot.Attachment(o.ctx, media.SHA256)
	if err != nil {
		require.ErrorIs(o.t, err, desk.ErrNotFound)
	}
	return err == nil
}

func TestAFileFromBeforeHoldersWereNotedGoesWithTheLastOfThem(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		boss := o.agent("boss", 1, handoff.RoleAdmin)
		shared, single, canned := o.attach("shared by two"), o.attach("of one"), o.attach("of a reply")
		a, b := o.writes("551", "x"), o.writes("552", "x")
		o.sendsFile(a, shared)
		o.sendsFile(a, single)
		o.sendsFile(a, canned)
		o.sendsFile(b, shared)
		reply := handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Attachments: []handoff.Media{canned}}
		o.ok(o.bot.PutCanned(o.ctx, reply))
		o.settle()
		o.forgetHolders()
		o.ok(second(o.bot.EraseContact(o.ctx, o.conv(a).Contact)))
		o.later(25 * time.Hour)
		require.True(t, o.hasFile(shared), "the other's too")
		require.True(t, o.hasFile(canned))
		require.False(t, o.hasFile(single))
		require.EqualValues(t, shared.Size+canned.Size, o.bytesStored(), "what was there is counted")
		o.ok(second(o.bot.EraseContact(o.ctx, o.conv(b).Contact)))
		o.ok(boss.RemoveCanned(o.ctx, "x"))
		o.later(time.Hour)
		require.False(t, o.hasFile(shared))
		require.False(t, o.hasFile(canned))
		require.Zero(t, o.bytesStored())
	})
}

func TestWhatCannotBeReadKeepsFilesFromBeforeAndNoOthers(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(o *office, media handoff.Media) (spoil, mend, release func()){
		"a conversation": func(o *office, media handoff.Media) (spoil, mend, release func()) {
			id := o.writes("551", "x")
			o.sendsFile(id, media)
			within := o.store
			return func() {
				o.open(&overseen{Store: within, messages: func(q storage.MessageQuery) error {
					if q.Conversation == id {
						return errors.New("unreadable")
					}
					return nil
				}})
			}, func() { o.open(within) }, func() { o.ok(second(o.bot.EraseContact(o.ctx, o.conv(id).Contact))) }
		},
		"a canned reply": func(o *office, media handoff.Media) (spoil, mend, release func()) {
			o.ok(o.bot.PutCanned(o.ctx, handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Attachments: []handoff.Media{media}}))
			was := o.records("canned")[0]
			write := func(data []byte) {
				now, after := o.records("canned")[0], was
				after.Version, after.Data = now.Version+1, data
				o.ok(o.store.Commit(o.ctx, storage.Batch{ID: storage.NewBatchID(o.clock.Now()), Ops: []storage.Op{
					storage.PutRecord{Record: after, Expect: now.Version},
				}}))
			}
			boss := o.agent("boss", 1, handoff.RoleAdmin)
			return func() { write([]byte(`"of a later version"`)) }, func() { write(was.Data) }, func() { o.ok(boss.RemoveCanned(o.ctx, "x")) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			held, unheld := o.attach("held by what cannot be read"), o.attach("of nobody")
			spoil, mend, release := hold(o, held)
			o.settle()
			o.forgetHolders()
			spoil()
			again, since := o.attach("held by what cannot be read"), o.attach("since then")
			require.Equal(t, held.SHA256, again.SHA256)
			for range 4 {
				o.clock.Advance(12 * time.Hour)
				for range 3 { // of which some fail at what cannot be read
					_ = o.desk.Settle(o.ctx)
				}
			}
			require.True(t, o.hasFile(held))
			require.True(t, o.hasFile(unheld), "it may be held by what cannot be read")
			require.False(t, o.hasFile(since))
			mend()
			o.later(time.Hour)
			require.True(t, o.hasFile(held))
			release()
			o.later(time.Hour)
			require.False(t, o.hasFile(held))
		})
	}
}

func TestAFileOfACannedReplyGoesWhenNothingElseHoldsIt(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		kept, dropped, sent := o.attach("kept"), o.attach("dropped"), o.attach("sent")
		id := o.writes("551", "x")
		o.sendsFile(id, sent)
		c := handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Attachments: []handoff.Media{kept, dropped, sent, kept}}
		o.ok(o.bot.PutCanned(o.ctx, c))
		twin := c
		twin.ID, twin.Attachments = "twin", []handoff.Media{kept}
		o.ok(o.bot.PutCanned(o.ctx, twin))
		o.later(30 * 24 * time.Hour)
		require.True(t, o.hasFile(dropped), "as long as the reply has it")
		c.Attachments = []handoff.Media{kept}
		o.ok(o.bot.PutCanned(o.ctx, c))
		o.settle()
		require.False(t, o.hasFile(dropped))
		require.True(t, o.hasFile(sent), "a message holds it")
		o.ok(o.bot.RemoveCanned(o.ctx, "x"))
		o.settle()
		require.True(t, o.hasFile(kept), "another reply holds it")
		o.ok(o.bot.RemoveCanned(o.ctx, "twin"))
		o.settle()
		require.False(t, o.hasFile(kept))
		require.Equal(t, sent.Size, o.bytesStored())
	})
}

func TestAnUploadThatNobodySendsIsRemoved(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		ana := o.agent("ana", 1, handoff.RoleAgent)
		file := o.attach("never sent")
		o.later(12 * time.Hour)
		o.ok(second(ana.Attach(o.ctx, []byte("never sent"))))
		o.later(13 * time.Hour)
		require.True(t, o.hasFile(file), "ana may still send it")
		o.later(24 * time.Hour)
		require.False(t, o.hasFile(file))
		require.Zero(t, o.bytesStored())
		file = o.attach("never sent")
		o.sendsFile(o.writes("551", "x"), file)
		o.later(48 * time.Hour)
		require.True(t, o.hasFile(file))
	})
}

func TestABotStoresSoManyBytesOfFilesAndLosesNoMessage(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		o.openWith(s, desk.Options{MaxStored: 100})
		ana := o.agent("ana", 1, handoff.RoleAgent)
		one, two := strings.Repeat("1", 60), strings.Repeat("2", 60)
		first := o.attach(one)
		require.ErrorIs(t, second(o.bot.Attach(o.ctx, []byte(two))), desk.ErrStorageFull)
		require.ErrorIs(t, second(ana.Attach(o.ctx, []byte(two))), desk.ErrStorageFull)
		require.EqualValues(t, 60, o.bytesStored())
		o.ok(second(ana.Attach(o.ctx, []byte(one)))) // which takes no room
		o.attach(strings.Repeat("3", 40))
		other := o.desk.Bot("other")
		o.ok(other.Put(o.ctx, handoff.Bot{Name: "Other"}))
		o.ok(second(other.Attach(o.ctx, []byte(two))))

		in := inbound("551", "", "photo")
		in.Content = handoff.Content{Kind: handoff.KindImage, Text: "look", Media: &handoff.Media{ID: "m1", Type: "image/png", Size: 60}}
		got, err := o.bot.Receive(o.ctx, in)
		o.ok(err)
		require.Equal(t, "look", got.Message.Text)
		require.False(t, got.Message.Media.Stored)
		long := strings.Repeat("long ", handoff.MaxText/4)
		got, err = o.bot.Receive(o.ctx, inbound("551", long, "text"))
		o.ok(err)
		require.True(t, got.Message.Overflow.Stored, "what a contact wrote is kept")

		o.later(49 * time.Hour)
		require.False(t, o.hasFile(first))
		require.EqualValues(t, len(long), o.bytesStored())
		require.ErrorIs(t, second(o.bot.Attach(o.ctx, []byte(two))), desk.ErrStorageFull)
		o.ok(second(o.bot.EraseContact(o.ctx, got.Conversation.Contact)))
		o.settle()
		o.attach(two)
	})
}

// slowly is a store that does something else before it removes a file.
type slowly struct {
	storage.Store
	storage.Blobs
	meanwhile func()
}

func (s *slowly) DeleteBlob(ctx context.Context, bot handoff.BotID, hash string) error {
	s.meanwhile()
	return s.Blobs.DeleteBlob(ctx, bot, hash)
}

func TestAFileThatIsWantedWhileItIsRemovedIsThereInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &desktest.Clock{}
		within := memory.New(&memory.Options{Now: clock.Now})
		s := &slowly{Store: within, Blobs: within}
		o := officeOn(t, s)
		o.clock = clock
		file := o.attach("wanted again")
		attached := make(chan error)
		s.meanwhile = func() {
			go func() {
				_, err := o.bot.Attach(o.ctx, []byte("wanted again"))
				attached <- err
			}()
			synctest.Wait() // until it waits for the file to be gone
		}
		o.clock.Advance(25 * time.Hour)
		o.settle()
		o.ok(<-attached)
		require.True(t, o.hasFile(file))
		require.EqualValues(t, file.Size, o.bytesStored())
	})
}

// hanging is a store that does not answer when a file is to be removed.
type hanging struct {
	storage.Store
	storage.Blobs
	waited time.Duration
}

func (s *hanging) DeleteBlob(ctx context.Context, _ handoff.BotID, _ string) error {
	began := time.Now()
	<-ctx.Done()
	s.waited = time.Since(began)
	return ctx.Err()
}

func TestWhoRemovesAFileEndsBeforeAnotherMayBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &desktest.Clock{}
		within := memory.New(&memory.Options{Now: clock.Now})
		s := &hanging{Store: within, Blobs: within}
		o := officeOn(t, s)
		o.clock = clock
		o.attach("never sent")
		o.clock.Advance(25 * time.Hour)
		turn, cancel := context.WithTimeout(o.ctx, 30*time.Second)
		defer cancel()
		require.ErrorIs(t, o.desk.Settle(turn), context.DeadlineExceeded)
		require.Positive(t, s.waited)
		require.Less(t, s.waited, 10*time.Second)
	})
}

func TestALongTextWithoutItsMessageGoesAfterAMinute(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		o.open(&overseen{Store: s, commit: func(b storage.Batch) error {
			for _, op := range b.Ops {
				if _, says := op.(storage.AppendMessage); says {
					return storage.ErrInvalid
				}
			}
			return nil
		}})
		require.ErrorIs(t, second(o.bot.Receive(o.ctx, inbound("551", strings.Repeat("long ", handoff.MaxText/4), "x"))), storage.ErrInvalid)
		require.Positive(t, o.bytesStored())
		o.open(s)
		clock.Advance(2 * time.Minute)
		o.settle()
		require.Zero(t, o.bytesStored())
	})
}

func TestWhatNamesAFileIsNotStoredOnceTheFileIsRemoved(t *testing.T) {
	onStores(t, func(t *testing.T, s storage.Store, clock *desktest.Clock) {
		o := officeOn(t, s)
		o.clock = clock
		o.wa.T.Window = handoff.Window(0)
		id := o.writes("551", "x")
		in := inbound("551", strings.Repeat("long ", handoff.MaxText/4), "long")
		for name, uses := range map[string]func(handoff.Media) error{
			"a message": func(m handoff.Media) error {
				return second(o.bot.Send(o.ctx, id, handoff.Content{Kind: handoff.KindDocument, Media: &m}, ""))
			},
			"a record": func(m handoff.Media) error {
				return second(o.bot.Record(o.ctx, id, handoff.Content{Kind: handoff.KindDocument, Media: &m}, "", ""))
			},
			"a reply": func(m handoff.Media) error {
				return o.bot.PutCanned(o.ctx, handoff.Canned{ID: "x", Shortcut: "x", Title: "x", Attachments: []handoff.Media{m}})
			},
			"a contact's": func(m handoff.Media) error {
				in := inbound("551", "", "photo")
				in.Content = handoff.Content{Kind: handoff.KindImage, Media: &m}
				return second(o.bot.Receive(o.ctx, in))
			},
			"a long text": func(handoff.Media) error { return second(o.bot.Receive(o.ctx, in)) },
		} {
			o.open(s)
			file := o.attach("of " + name)
			clock.Advance(24*time.Hour - 5*time.Minute)
			other, err := desk.New(s, nil)
			o.ok(err)
			late := false
			o.open(&overseen{Store: s, commit: func(b storage.Batch) error {
				for _, op := range b.Ops {
					put, _ := op.(storage.PutRecord)
					_, says := op.(storage.AppendMessage)
					if (says || put.Record.Key.Kind == "canned") && !late {
						late = true
						clock.Advance(10 * time.Minute)
						return other.Settle(o.ctx)
					}
				}
				return nil
			}})
			err = uses(file)
			require.True(t, late, name)
			if name == "a long text" {
				require.ErrorIs(t, err, desk.ErrBusy)
				o.ok(uses(file)) // the channel tries again
				continue
			}
			require.ErrorIs(t, err, handoff.ErrInvalid, name)
			require.False(t, o.hasFile(file), name)
		}
		messages, err := o.bot.Messages(o.ctx, id, desk.MessageQuery{})
		o.ok(err)
		require.Len(t, messages, 2)
		data, err := o.bot.Attachment(o.ctx, messages[1].Overflow.SHA256)
		o.ok(err)
		require.Equal(t, in.Content.Text, string(data))
	})
}
