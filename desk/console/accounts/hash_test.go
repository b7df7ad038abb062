package accounts_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/console/accounts"
	"github.com/handoffdesk/handoff/storage"
	"github.com/handoffdesk/handoff/storage/memory"
)

// kept gives what is stored in the records of one kind.
func kept(t *testing.T, s storage.Store, kind string) string {
	rs, err := s.Records(bg, storage.Range{Kind: kind}, storage.MaxPage)
	require.NoError(t, err)
	var b strings.Builder
	for _, r := range rs {
		b.WriteString(r.Key.Parent + " " + r.Key.ID + " ")
		b.Write(r.Data)
		b.WriteByte('\n')
	}
	return b.String()
}

func TestPasswordsAreHashedByArgon2idWith46MiB(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, err := accounts.New(h.store, nil)
	require.NoError(t, err)
	ana(t, a)
	require.Contains(t, kept(t, h.store, "accounts.person"), "$argon2id$v=19$m=47104,t=1,p=1$")
	enter(t, a, email, password)
}

func TestHashIsRenewedWhenItsCostHasChanged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cheap, _ := h.accounts(nil)
	ana(t, cheap)
	old := enter(t, cheap, email, password)
	dearer, hashes, err := accounts.NewDearer(h.store, nil)
	require.NoError(t, err)
	_, _, err = dearer.SignIn(bg, email, password+"!", office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	require.Contains(t, kept(t, h.store, "accounts.person"), "$m=64,t=1,p=1$")
	enter(t, dearer, email, password)
	require.Contains(t, kept(t, h.store, "accounts.person"), "$m=128,t=2,p=1$")
	require.EqualValues(t, 3, hashes.Made.Load())
	enter(t, dearer, email, password)
	require.EqualValues(t, 4, hashes.Made.Load(), "the new one stays")
	require.True(t, signedIn(t, dearer, old), "renewing ends no session")
}

func TestSignInsThatRenewTheHashAtOnceAllSucceed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cheap, _ := h.accounts(nil)
	ana(t, cheap)
	dearer, hashes, err := accounts.NewDearer(h.store, nil)
	require.NoError(t, err)
	hashes.Hold = make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			_, _, err := dearer.SignIn(bg, email, password, office, "")
			assert.NoError(t, err)
		})
	}
	hashes.Hold <- struct{}{} // both check the old hash before either stores a new one
	hashes.Hold <- struct{}{}
	close(hashes.Hold)
	wg.Wait()
	require.Contains(t, kept(t, h.store, "accounts.person"), "$m=128,t=2,p=1$")
}

func TestAtMostTwoHashesAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, hashes := h.accounts(&accounts.Options{Attempts: 100})
	ana(t, a)
	hashes.Hold = make(chan struct{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, _, err := a.SignIn(bg, email, password, office, "")
			assert.NoError(t, err)
		})
	}
	hashes.Hold <- struct{}{}
	hashes.Hold <- struct{}{}
	close(hashes.Hold)
	wg.Wait()
	require.EqualValues(t, 2, hashes.Most.Load())
}

func TestWaitingForAHashEndsWithTheContext(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, hashes := h.accounts(nil)
	ana(t, a)
	made := hashes.Made.Load()
	hashes.Hold = make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			_, _, err := a.SignIn(bg, email, password, office, "")
			assert.NoError(t, err)
		})
	}
	require.Eventually(t, func() bool { return hashes.Made.Load() == made+2 }, waitFor, tick)
	ctx, cancel := context.WithCancel(bg)
	wg.Go(func() {
		_, _, err := a.SignIn(ctx, email, password, away, "")
		assert.ErrorIs(t, err, context.Canceled)
	})
	cancel()
	require.EqualValues(t, made+2, hashes.Made.Load())
	close(hashes.Hold)
	wg.Wait()
}

func TestNothingIsCutOffAPassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	one := []byte(strings.Repeat("kettle roof ", 17)[:200])
	other := append([]byte{}, one...)
	other[72] ^= 1 // the 73rd byte
	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	_, err = a.FirstPerson(bg, code, accounts.Invitation{Email: email, Name: "Ana", Seat: seat}, string(one))
	require.NoError(t, err)
	_, _, err = a.SignIn(bg, email, string(other), office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	_, _, err = a.SignIn(bg, email, string(one[:72]), office, "")
	require.ErrorIs(t, err, accounts.ErrWrongCredentials)
	enter(t, a, email, string(one))
}

func TestPasswordIsTheSameComposedOrNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, _ := h.accounts(nil)
	code, err := a.SetupCode(bg)
	require.NoError(t, err)
	_, err = a.FirstPerson(bg, code, accounts.Invitation{Email: email, Name: "Ana", Seat: seat}, "pa\u00e7oca com ch\u00e1")
	require.NoError(t, err)
	enter(t, a, email, "pac\u0327oca com cha\u0301")
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		password string
		reason   string // "": good
	}{
		{"1234567", "is shorter than 8 characters"},
		{"\u00e7\u00e7\u00e7\u00e7abc", "is shorter than 8 characters"}, // 11 bytes
		{"c\u0327c\u0327c\u0327c\u0327abc", "is shorter than 8 characters"},
		{"\u00e7axemvqo", ""},
		{strings.Repeat("ab", 128), ""},
		{strings.Repeat("\U0001F600a", 128), ""}, // 256 characters
		{strings.Repeat("ab", 128) + "c", "is longer than 256 characters"},
		{strings.Repeat("a", 1<<20), "is longer than 256 characters"},
		{"kettle\xffroof", "is not valid UTF-8"},
		{"password", "is too common"},
		{"PassWord", "is too common"},
		{"password2026!", "is too common"},
		{"  ..Senha1234", "is too common"},
		{"12345678", "is too common"},
		{"zzzzzzzzzzzz", "is too common"},
		{"\u00c7\u00e7\u00c7\u00e7\u00c7\u00e7\u00c7\u00e7", "is too common"},
		{"password of the kettle", ""},
		{"78120493", ""},
		{"ana.lima@example.com", "is the person's own name or e-mail address"},
		{"ANA.LIMA2026", "is the person's own name or e-mail address"},
		{"analima!1", "is the person's own name or e-mail address"},
		{"lima12345", "is the person's own name or e-mail address"},
		{"Beltrano99", "is the person's own name or e-mail address"},
		{"example.com1", "is the person's own name or e-mail address"},
		{"lima e beltrano na praia", ""},
	} {
		err := accounts.CheckPassword(c.password, "Ana.Lima@example.com", "Ana Beltrano")
		if c.reason == "" {
			require.NoError(t, err, c.password)
			continue
		}
		var field *handoff.FieldError
		require.ErrorAs(t, err, &field, c.password)
		require.Equal(t, handoff.FieldError{Field: "password", Reason: c.reason}, *field, c.password)
	}
}

func TestCommonPasswordsAreFoundAsTheyAreListed(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(accounts.Common), 200)
	for word := range accounts.Common {
		require.Equal(t, accounts.Fold(word), word)
	}
}

func TestReadableSecretsHoldAHundredBitsAndNoLookAlikes(t *testing.T) {
	t.Parallel()
	require.Len(t, accounts.Letters, 32)
	require.NotContains(t, accounts.Letters, "l")
	require.False(t, strings.ContainsAny(accounts.Letters, "lo01"))
	seen := map[string]bool{}
	used := map[rune]bool{}
	for range 1000 {
		s := accounts.Readable()
		require.Regexp(t, "^[a-z2-9]{5}(-[a-z2-9]{5}){3}$", s)
		require.False(t, seen[s])
		seen[s] = true
		for _, r := range s {
			used[r] = true
		}
	}
	require.Len(t, used, 33, "every letter comes up, and the hyphen")
}

func FuzzParseHash(f *testing.F) {
	for _, s := range []string{
		"", "$argon2id$v=19$m=47104,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=047104,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=0,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAB$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=16$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$t=1,m=8,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=1,p=1,x=2$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=1,p=1$$", "$2a$10$abcdefghijklmnopqrstuv", "$argon2id$v=19$$$",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := accounts.ParseHash(s)
		if err != nil {
			require.Zero(t, v)
			return
		}
		require.Equal(t, s, v.String(), "one text for one hash")
		require.True(t, strings.HasPrefix(s, "$argon2id$v=19$m="))
	})
}

func TestOnlyHashesThatAProcessCanBearAreRead(t *testing.T) {
	t.Parallel()
	salt, sum := "$AAAAAAAAAAAAAAAAAAAAAA", "$AAAAAAAAAAAAAAAAAAAAAA"
	for s, good := range map[string]bool{
		"m=1048576,t=16,p=16": true, "m=8,t=1,p=1": true,
		"m=1048577,t=1,p=1": false, "m=8,t=17,p=1": false, "m=8,t=1,p=17": false, "m=8,t=1,p=257": false,
		"m=0,t=1,p=1": false, "m=8,t=0,p=1": false, "m=8,t=1,p=0": false, "m=+8,t=1,p=1": false,
		"m=08,t=1,p=1": false, "t=1,m=8,p=1": false, "m=8,t=1": false, "m=8,t=1,p=1,p=1": false,
	} {
		_, err := accounts.ParseHash("$argon2id$v=19$" + s + salt + sum)
		require.Equal(t, good, err == nil, s)
	}
}

// BenchmarkSignIn is almost all one hash at its full cost.
func BenchmarkSignIn(b *testing.B) {
	store := memory.New(nil)
	defer store.Close()
	a, err := accounts.New(store, nil)
	require.NoError(b, err)
	code, err := a.SetupCode(bg)
	require.NoError(b, err)
	_, err = a.FirstPerson(bg, code, accounts.Invitation{Email: email, Name: "Ana", Seat: seat}, password)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := a.SignIn(bg, email, password, office, "")
		require.NoError(b, err)
	}
}

func BenchmarkSession(b *testing.B) {
	store := memory.New(nil)
	defer store.Close()
	a, _, err := accounts.NewCheap(store, nil)
	require.NoError(b, err)
	code, err := a.SetupCode(bg)
	require.NoError(b, err)
	_, err = a.FirstPerson(bg, code, accounts.Invitation{Email: email, Name: "Ana", Seat: seat}, password)
	require.NoError(b, err)
	token, _, err := a.SignIn(bg, email, password, office, "")
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := a.Session(bg, token)
		require.NoError(b, err)
	}
}
