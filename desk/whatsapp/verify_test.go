package whatsapp_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/desk/whatsapp"
)

// Made with: printf '%s' "$body" | openssl dgst -sha256 -hmac 'it is a secret'
const (
	signedBody = "{\"text\":\"Ol\u00e1 \\ud83d\\ude00 👨‍👩‍👧‍👦\"}"
	signature  = "sha256=498a16fbdd20549fc899c2470c2a30e9128946548315fec4334bb4e0e8d92bbd"
	secret     = "it is a secret"
)

func TestOnlyTheRightSignatureOverTheRawBodyPasses(t *testing.T) {
	t.Parallel()
	digits := strings.TrimPrefix(signature, "sha256=")
	flipped := "0"
	if digits[0] == '0' {
		flipped = "1"
	}
	require.NoError(t, whatsapp.Verify(secret, []byte(signedBody), signature))
	require.NoError(t, whatsapp.Verify(secret, []byte(signedBody), "sha256="+strings.ToUpper(digits)))
	for name, c := range map[string]struct{ secret, body, header string }{
		"no secret":                  {"", signedBody, signature},
		"another secret":             {"it is another", signedBody, signature},
		"no header":                  {secret, signedBody, ""},
		"no algorithm":               {secret, signedBody, digits},
		"another algorithm":          {secret, signedBody, "sha1=" + digits[:40]},
		"another algorithm's name":   {secret, signedBody, "sha512=" + digits},
		"algorithm in capitals":      {secret, signedBody, "SHA256=" + digits},
		"no digits":                  {secret, signedBody, "sha256="},
		"short":                      {secret, signedBody, signature[:len(signature)-2]},
		"half a byte short":          {secret, signedBody, signature[:len(signature)-1]},
		"long":                       {secret, signedBody, signature + "00"},
		"not hex":                    {secret, signedBody, "sha256=" + strings.Repeat("zz", 32)},
		"space before":               {secret, signedBody, " " + signature},
		"space after":                {secret, signedBody, signature + " "},
		"first digit wrong":          {secret, signedBody, "sha256=" + flipped + digits[1:]},
		"another body":               {secret, signedBody + " ", signature},
		"empty body":                 {secret, "", signature},
		"same meaning, other escape": {secret, strings.Replace(signedBody, `\ud83d\ude00`, "😀", 1), signature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, whatsapp.Verify(c.secret, []byte(c.body), c.header), whatsapp.ErrSignature)
		})
	}
}

func TestTheHandshakeAnswersOnlyWhoKnowsTheToken(t *testing.T) {
	t.Parallel()
	query := func(mode, token, challenge string) url.Values {
		return url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
	}
	got, err := whatsapp.Challenge(query("subscribe", "token", "1158201444"), "token")
	require.NoError(t, err)
	require.Equal(t, "1158201444", got)

	for name, c := range map[string]struct {
		query url.Values
		token string
	}{
		"no token set":       {query("subscribe", "token", "1"), ""},
		"no token anywhere":  {query("subscribe", "", "1"), ""},
		"another token":      {query("subscribe", "tokem", "1"), "token"},
		"beginning of token": {query("subscribe", "toke", "1"), "token"},
		"no token given":     {query("subscribe", "", "1"), "token"},
		"another mode":       {query("unsubscribe", "token", "1"), "token"},
		"no challenge":       {query("subscribe", "token", ""), "token"},
		"empty query":        {nil, "token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := whatsapp.Challenge(c.query, c.token)
			require.ErrorIs(t, err, whatsapp.ErrChallenge)
			require.Empty(t, got)
		})
	}
}
