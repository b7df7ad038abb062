package accounts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/accounts"
)

func TestKeyProvesItsBotUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	b, _ := h.accounts(nil)
	k, secret, err := a.CreateKey(bg, root, "shop", "platform")
	require.NoError(t, err)
	require.Equal(t, accounts.Key{ID: k.ID, Bot: "shop", Name: "platform", CreatedAt: h.now}, k)
	require.Regexp(t, "^hk_[A-Za-z0-9_-]{64}$", secret)
	require.NotContains(t, kept(t, h.store, "accounts.key"), secret[25:])
	_, other, err := a.CreateKey(bg, root, "bank", "platform")
	require.NoError(t, err)

	got, err := b.Key(bg, secret)
	require.NoError(t, err)
	k.LastUsedAt = h.now
	require.Equal(t, k, got)
	require.ErrorIs(t, a.DeleteKey(bg, root, "bank", k.ID), accounts.ErrNotFound, "another bot's")
	require.ErrorIs(t, a.DeleteKey(bg, root, "shop", "none"), accounts.ErrNotFound)
	_, err = b.Key(bg, secret)
	require.NoError(t, err)
	require.NoError(t, a.DeleteKey(bg, root, "shop", k.ID))
	_, err = b.Key(bg, secret)
	require.ErrorIs(t, err, accounts.ErrWrongKey)
	require.ErrorIs(t, a.DeleteKey(bg, root, "shop", k.ID), accounts.ErrNotFound)
	list, err := a.Keys(bg, "shop")
	require.NoError(t, err)
	require.Empty(t, list)
	require.NotNil(t, list)
	got, err = b.Key(bg, other)
	require.NoError(t, err)
	require.Equal(t, handoff.BotID("bank"), got.Bot)
}

func TestOtherSecretsAreOfNoKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	_, secret, err := a.CreateKey(bg, root, "shop", "platform")
	require.NoError(t, err)
	flipped := []byte(secret)
	flipped[40] ^= 1
	for _, bad := range []string{
		"", "hk_", secret[3:], "HK_" + secret[3:], secret + "A", secret[:40], secret + "\n", string(flipped), "hk_" + strings.Repeat("A", 64),
	} {
		_, err := a.Key(bg, bad)
		require.ErrorIs(t, err, accounts.ErrWrongKey, bad)
	}
}

func TestUseOfAKeyIsNotedAtMostOnceAnHour(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &counting{Store: h.store}
	a, _, err := accounts.NewCheap(store, nil)
	require.NoError(t, err)
	_, secret, err := a.CreateKey(bg, root, "shop", "platform")
	require.NoError(t, err)
	began := h.now
	store.lookups, store.commits = 0, 0
	for range 150 {
		_, err := a.Key(bg, secret)
		require.NoError(t, err)
		h.pass(time.Minute)
	}
	require.Equal(t, 150, store.lookups)
	require.Equal(t, 3, store.commits)
	list, err := a.Keys(bg, "shop")
	require.NoError(t, err)
	require.Equal(t, began.Add(2*time.Hour), list[0].LastUsedAt)
}

func TestKeysAreListedByBotTheOldestFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	var want []accounts.Key
	for i := range 5 {
		k, _, err := a.CreateKey(bg, root, "shop", fmt.Sprint("key ", i))
		require.NoError(t, err)
		want = append(want, k)
		_, _, err = a.CreateKey(bg, root, "shop2", "other")
		require.NoError(t, err)
		h.pass(time.Second)
	}
	list, err := a.Keys(bg, "shop")
	require.NoError(t, err)
	require.Equal(t, want, list)
	for _, bad := range []handoff.BotID{"", "a\x00b"} {
		_, err := a.Keys(bg, bad)
		require.ErrorIs(t, err, handoff.ErrInvalid)
		_, _, err = a.CreateKey(bg, root, bad, "x")
		require.ErrorIs(t, err, handoff.ErrInvalid)
	}
	_, _, err = a.CreateKey(bg, root, "shop", "")
	require.ErrorIs(t, err, handoff.ErrInvalid)
}
