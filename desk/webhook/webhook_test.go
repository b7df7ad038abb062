package webhook_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff/desk/webhook"
)

// The example of the Standard Webhooks specification's reference libraries.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var vectorTime = time.Unix(1614265330, 0)

func headers(id, stamp, signature string) http.Header {
	return http.Header{webhook.HeaderID: {id}, webhook.HeaderTimestamp: {stamp}, webhook.HeaderSignature: {signature}}
}

func TestTheSpecificationsExampleIsSignedAsThere(t *testing.T) {
	t.Parallel()
	got, err := webhook.Sign(vectorSecret, vectorID, vectorTime, []byte(vectorBody))
	require.NoError(t, err)
	require.Equal(t, vectorSignature, got)
	h := headers(vectorID, "1614265330", vectorSignature)
	require.NoError(t, webhook.Verify(h, []byte(vectorBody), vectorTime, vectorSecret))
}

func TestWhatWasNotSignedSoIsRefused(t *testing.T) {
	t.Parallel()
	other := webhook.NewSecret()
	stamp := "1614265330"
	for name, c := range map[string]struct {
		h    http.Header
		body string
		now  time.Time
		with []string
		want error
	}{
		"another secret":     {headers(vectorID, stamp, vectorSignature), vectorBody, vectorTime, []string{other}, webhook.ErrSignature},
		"another body":       {headers(vectorID, stamp, vectorSignature), vectorBody + " ", vectorTime, []string{vectorSecret}, webhook.ErrSignature},
		"another id":         {headers("msg_x", stamp, vectorSignature), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrSignature},
		"another time":       {headers(vectorID, "1614265331", vectorSignature), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrSignature},
		"another version":    {headers(vectorID, stamp, strings.Replace(vectorSignature, "v1", "v2", 1)), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrSignature},
		"no version":         {headers(vectorID, stamp, vectorSignature[3:]), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrSignature},
		"a part of it":       {headers(vectorID, stamp, vectorSignature[:20]), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrSignature},
		"an empty signature": {headers(vectorID, stamp, ""), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrSignature},
		"too old":            {headers(vectorID, stamp, vectorSignature), vectorBody, vectorTime.Add(5*time.Minute + time.Second), []string{vectorSecret}, webhook.ErrTime},
		"of the future":      {headers(vectorID, stamp, vectorSignature), vectorBody, vectorTime.Add(-5*time.Minute - time.Second), []string{vectorSecret}, webhook.ErrTime},
		"no headers":         {http.Header{}, vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrHeaders},
		"no id":              {headers("", stamp, vectorSignature), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrHeaders},
		"time in words":      {headers(vectorID, "now", vectorSignature), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrHeaders},
		"time in disguise":   {headers(vectorID, "+"+stamp, vectorSignature), vectorBody, vectorTime, []string{vectorSecret}, webhook.ErrHeaders},
		"no secret":          {headers(vectorID, stamp, vectorSignature), vectorBody, vectorTime, nil, webhook.ErrHeaders},
		"a malformed secret": {headers(vectorID, stamp, vectorSignature), vectorBody, vectorTime, []string{"hunter2"}, webhook.ErrSecret},
	} {
		require.ErrorIs(t, webhook.Verify(c.h, []byte(c.body), c.now, c.with...), c.want, name)
	}
	twice := headers(vectorID, stamp, vectorSignature)
	twice.Add(webhook.HeaderID, vectorID)
	require.ErrorIs(t, webhook.Verify(twice, []byte(vectorBody), vectorTime, vectorSecret), webhook.ErrHeaders)
}

func TestASecretCanBeReplacedWithoutAMessageRefused(t *testing.T) {
	t.Parallel()
	old, young := webhook.NewSecret(), webhook.NewSecret()
	var both []string
	for _, s := range []string{young, old} {
		signature, err := webhook.Sign(s, "m", vectorTime, []byte("x"))
		require.NoError(t, err)
		both = append(both, signature)
	}
	h := headers("m", "1614265330", strings.Join(both, " "))
	for _, knows := range [][]string{{old}, {young}, {old, young}} {
		require.NoError(t, webhook.Verify(h, []byte("x"), vectorTime, knows...))
	}
	require.ErrorIs(t, webhook.Verify(h, []byte("x"), vectorTime, webhook.NewSecret()), webhook.ErrSignature)
}

func TestWhatIsSignedIsVerifiedAndNoOtherBody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 24, 64).Draw(t, "key")
		secret := webhook.SecretPrefix + base64.StdEncoding.EncodeToString(key)
		id := rapid.StringMatching(`[a-z0-9_-]{1,40}`).Draw(t, "id")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		signature, err := webhook.Sign(secret, id, vectorTime, body)
		require.NoError(t, err)
		h := headers(id, "1614265330", signature)
		require.NoError(t, webhook.Verify(h, body, vectorTime.Add(time.Minute), secret))
		require.ErrorIs(t, webhook.Verify(h, append(body, 0), vectorTime, secret), webhook.ErrSignature)
	})
}

func FuzzVerify(f *testing.F) {
	f.Add(vectorID, "1614265330", vectorSignature, []byte(vectorBody), vectorSecret)
	f.Add("", "-1", "v1,  v1,====", []byte(nil), "whsec_")
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte, secret string) {
		err := webhook.Verify(headers(id, stamp, signature), body, vectorTime, secret)
		if err != nil {
			return
		}
		want, err := webhook.Sign(secret, id, vectorTime, body)
		if stamp == "1614265330" {
			require.NoError(t, err)
			require.Contains(t, signature, want)
		}
	})
}
