package whatsapp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/whatsapp"
)

// FuzzParse: any bytes either are malformed and give nothing, or give
// messages and receipts that the desk can store.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Add([]byte(`{"object":"whatsapp_business_account","entry":{}}`))
	f.Add([]byte(messages(`{"id":"a","from":"1","type":"text","text":{"body":"\ud800` + "\xff" + `"}}`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		u, err := whatsapp.Parse(body)
		if err != nil {
			require.ErrorIs(t, err, whatsapp.ErrMalformed)
			require.Empty(t, u)
			return
		}
		for _, in := range u.Inbound {
			require.NoError(t, in.Check())
			require.True(t, in.Content.Kind.Valid())
			require.True(t, in.Content.Kind != handoff.KindUnknown || len(in.Content.Raw) > 0)
			_, err := in.At.MarshalJSON()
			require.NoError(t, err)
			kept, _ := in.Content.Cleaned()
			require.Equal(t, in.Content.Kind, kept.Kind) // the desk keeps it as what it was read as
		}
		for _, r := range u.Receipts {
			require.NoError(t, r.Check())
			_, err := r.At.MarshalJSON()
			require.NoError(t, err)
		}
		for _, n := range u.Templates {
			require.NoError(t, n.Check())
		}
		for _, s := range u.Skipped {
			require.ErrorIs(t, s, handoff.ErrInvalid)
		}
	})
}

// FuzzVerify: a header passes exactly when it decodes to the HMAC.
func FuzzVerify(f *testing.F) {
	f.Add(secret, []byte(signedBody), signature)
	f.Add("", []byte(signedBody), signature)
	f.Add(secret, []byte{}, "sha1=00")
	f.Add(secret, []byte{}, "sha256=")
	f.Fuzz(func(t *testing.T, secret string, body []byte, header string) {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		right := "sha256=" + hex.EncodeToString(mac.Sum(nil))
		err := whatsapp.Verify(secret, body, right)
		require.Equal(t, secret != "", err == nil)

		digits, named := strings.CutPrefix(header, "sha256=")
		passes := secret != "" && named && "sha256="+lower(digits) == right
		err = whatsapp.Verify(secret, body, header)
		require.Equal(t, passes, err == nil)
		require.True(t, passes || errors.Is(err, whatsapp.ErrSignature))
	})
}

func lower(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return "not hex"
	}
	return hex.EncodeToString(b)
}

// FuzzReceiptsEndTheSameInAnyOrder: the statuses of one message, spread over
// bodies, shuffled and repeated, end at the same delivery, which is the
// highest of them.
func FuzzReceiptsEndTheSameInAnyOrder(f *testing.F) {
	f.Add([]byte{0, 1, 2}, uint64(1))
	f.Add([]byte{2, 1, 0, 3, 4, 5}, uint64(2))
	f.Add([]byte{3, 0, 3}, uint64(3))
	f.Fuzz(func(t *testing.T, sequence []byte, seed uint64) {
		names := []string{"sent", "delivered", "read", "failed", "played", "unheard_of"}
		random := rand.New(rand.NewPCG(seed, 0))
		if len(sequence) > 64 {
			sequence = sequence[:64]
		}
		var list []string
		for i, b := range sequence {
			list = append(list, fmt.Sprintf(`{"id":"wamid.1","status":%q,"timestamp":"%d"}`, names[int(b)%len(names)], 1772454000+i))
		}
		end := func(list []string) handoff.Delivery {
			state := handoff.Queued
			for len(list) > 0 {
				n := 1 + random.IntN(len(list))
				for _, r := range parse(t, statuses(list[:n]...)).Receipts {
					state = state.Advance(r.Delivery)
				}
				list = list[n:]
			}
			return state
		}
		want := handoff.Queued
		for _, d := range []handoff.Delivery{handoff.Sent, handoff.Failed, handoff.Delivered, handoff.Read} {
			for _, b := range sequence {
				if names[int(b)%len(names)] == string(d) {
					want = d
				}
			}
		}
		require.Equal(t, want, end(list))
		again := append(list, list[:random.IntN(len(list)+1)]...)
		random.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		require.Equal(t, want, end(again))
	})
}
