package accounts

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// Key is what a program proves itself with, for one bot. Its secret is never
// kept.
type Key struct {
	ID         string        `json:"id"`
	Bot        handoff.BotID `json:"bot"`
	Name       string        `json:"name"`
	CreatedAt  time.Time     `json:"createdAt"`
	LastUsedAt time.Time     `json:"lastUsedAt,omitzero"` // to within an hour; zero: never
}

// apiKey is a Key as kept.
type apiKey struct {
	Key
	Secret string `json:"secret"` // its digest
}

// KeyPrefix begins every secret, so that one that leaked can be found.
const KeyPrefix = "hk_"

// noteKeyUse is how often at most a key's use is stored.
const noteKeyUse = time.Hour

// CreateKey makes an API key of a bot. The secret has 256 random bits; show
// it once, it cannot be read again.
//
// Errors: FieldError, ErrOutcomeUnknown.
func (a *Accounts) CreateKey(ctx context.Context, by By, bot handoff.BotID, name string) (k Key, secret string, err error) {
	if err := handoff.CheckID("bot", bot); err != nil {
		return Key{}, "", err
	}
	if err := handoff.CheckName("name", name); err != nil {
		return Key{}, "", err
	}
	err = a.decide(ctx, func(t *draft) error {
		k = Key{ID: storage.NewBatchID(t.now), Bot: bot, Name: name, CreatedAt: t.now}
		id := uuid.MustParse(k.ID)
		secret = KeyPrefix + base64.RawURLEncoding.EncodeToString(append(id[:], random(32)...))
		v := doc[apiKey]{key: keyKey(k.ID), value: apiKey{Key: k, Secret: digest(secret)}}
		if err := put(t, v, time.Time{}); err != nil {
			return err
		}
		return put(t, doc[bool]{key: botKeyKey(bot, k.ID), value: true}, time.Time{})
	})
	if err != nil {
		return Key{}, "", err
	}
	a.log.Info("accounts: key made", "by", by.ID, "ip", by.IP, "bot", bot, "key", k.ID)
	return k, secret, nil
}

// Key gives the API key of a secret. It is one read, and once an hour a
// write besides.
//
// Errors: ErrWrongKey.
func (a *Accounts) Key(ctx context.Context, secret string) (Key, error) {
	text, ok := strings.CutPrefix(secret, KeyPrefix)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) != 48 {
		return Key{}, ErrWrongKey
	}
	v, err := get[apiKey](ctx, a, keyKey(uuid.UUID(raw[:16]).String()))
	if err != nil {
		return Key{}, err
	}
	if subtle.ConstantTimeCompare([]byte(digest(secret)), []byte(v.value.Secret)) == 0 {
		return Key{}, ErrWrongKey
	}
	now, err := a.now(ctx)
	if err != nil {
		return Key{}, err
	}
	if now.Sub(v.value.LastUsedAt) >= noteKeyUse {
		v.value.LastUsedAt = now
		t := &draft{now: now}
		if err := renew(t, v, time.Time{}); err != nil {
			return Key{}, err
		}
		a.note(ctx, t)
	}
	return v.value.Key, nil
}

// Keys lists the API keys of a bot, the oldest first.
func (a *Accounts) Keys(ctx context.Context, bot handoff.BotID) ([]Key, error) {
	if err := handoff.CheckID("bot", bot); err != nil {
		return nil, err
	}
	of, err := scan[bool](ctx, a, kindBotKey, string(bot))
	if err != nil {
		return nil, err
	}
	all := []Key{}
	for page := range slices.Chunk(of, storage.MaxLookup) {
		keys := make([]storage.Key, len(page))
		for i, v := range page {
			keys[i] = keyKey(v.key.ID)
		}
		rs, err := a.store.Lookup(ctx, keys)
		if err != nil {
			return nil, fmt.Errorf("accounts: listing keys: %w", err)
		}
		for _, r := range rs {
			v, err := decode[apiKey](r)
			if err != nil {
				return nil, err
			}
			if v.version != 0 { // else deleted just now
				all = append(all, v.value.Key)
			}
		}
	}
	slices.SortFunc(all, func(k, l Key) int {
		return cmp.Or(k.CreatedAt.Compare(l.CreatedAt), cmp.Compare(k.ID, l.ID))
	})
	return all, nil
}

// DeleteKey removes an API key of a bot, which proves nothing from then on.
//
// Errors: ErrNotFound (another bot's key is none), ErrBusy,
// ErrOutcomeUnknown.
func (a *Accounts) DeleteKey(ctx context.Context, by By, bot handoff.BotID, id string) error {
	if _, err := uuid.Parse(id); err != nil {
		return fmt.Errorf("%w: key", ErrNotFound)
	}
	err := a.decide(ctx, func(t *draft) error {
		v, err := get[apiKey](ctx, a, keyKey(id))
		if err != nil {
			return err
		}
		if v.value.Bot != bot || v.version == 0 {
			return fmt.Errorf("%w: key %s", ErrNotFound, id)
		}
		of, err := get[bool](ctx, a, botKeyKey(bot, id))
		if err != nil {
			return err
		}
		remove(t, v)
		remove(t, of)
		return nil
	})
	if err == nil {
		a.log.Info("accounts: key deleted", "by", by.ID, "ip", by.IP, "bot", bot, "key", id)
	}
	if errors.Is(err, ErrNotFound) {
		a.log.Warn("accounts: key not deleted", "by", by.ID, "ip", by.IP, "bot", bot)
	}
	return err
}

func keyKey(id string) storage.Key { return storage.Key{Kind: kindKey, ID: id} }

func botKeyKey(bot handoff.BotID, id string) storage.Key {
	return storage.Key{Kind: kindBotKey, Parent: string(bot), ID: id}
}
