package export_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
	"github.com/handoffdesk/handoff/export/redact"
	"github.com/handoffdesk/handoff/ticket"
)

func TestACopyCanBeVerified(t *testing.T) {
	t.Parallel()
	for _, o := range []export.Options{{}, all("pt-BR"), {Redact: redact.Personal(), Notes: true}} {
		out := write(t, "JSON", everything(), o)
		sum, err := export.Verify(strings.NewReader(out))
		require.NoError(t, err)
		now, err := export.Sum(context.Background(), everything(), o)
		require.NoError(t, err)
		require.Equal(t, now, sum)
		require.Contains(t, write(t, "text", everything(), o), sum.SHA256)
		require.Contains(t, write(t, "HTML", everything(), o), sum.SHA256)
		require.Contains(t, pdfText(t, write(t, "PDF", everything(), o)), sum.SHA256)
	}
}

// What the documentation says to do by hand.
func TestTheDigestIsThatOfTheMessagesLines(t *testing.T) {
	t.Parallel()
	out := write(t, "JSON", everything(), all("en"))
	sum, message := sha256.New(), regexp.MustCompile(`^\{"bot":.*"number":[0-9]`)
	for line := range strings.Lines(out) {
		if message.MatchString(line) {
			sum.Write([]byte(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), ",") + "\n"))
		}
	}
	require.Contains(t, out, hex.EncodeToString(sum.Sum(nil)))
}

func TestAChangedCopyIsFound(t *testing.T) {
	t.Parallel()
	out := write(t, "JSON", everything(), all(""))
	messages := strings.Split(out, "\n")
	at := 0
	for i, line := range messages {
		if strings.HasPrefix(line, `{"bot":"acme","conversation":"c1"`) {
			at = i
			break
		}
	}
	without := strings.Join(append(append([]string{}, messages[:at]...), messages[at+1:]...), "\n")
	swapped := append([]string{}, messages...)
	swapped[at], swapped[at+1] = swapped[at+1], swapped[at]
	for name, changed := range map[string]string{
		"a word":             strings.Replace(out, "boleto atualizado", "boleto cancelado", 1),
		"the time":           strings.Replace(out, `"at":"2026-05-08T17:02:11Z"`, `"at":"2026-05-08T17:02:12Z"`, 1),
		"a message left out": without,
		"two swapped":        strings.Join(swapped, "\n"),
		"the count":          strings.Replace(out, `"messages":24`, `"messages":25`, 1),
	} {
		require.NotEqual(t, out, changed, name)
		_, err := export.Verify(strings.NewReader(changed))
		require.ErrorIs(t, err, export.ErrDigest, name)
	}
	for _, broken := range []string{"", "{", "[]", "null", "7", `{"attendances":7}`, `{"attendances":[{"messages":{}}]}`, out[:len(out)/2], "%PDF-1.7"} {
		_, err := export.Verify(strings.NewReader(broken))
		require.Error(t, err, broken)
		require.NotErrorIs(t, err, export.ErrDigest, broken)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(`{"version":1,"attendances":[{"messages":[{},{"a":1}],"x":[]}],"messages":2,"sha256":"00"}`)
	f.Add("[[[[")
	f.Fuzz(func(t *testing.T, s string) {
		if sum, err := export.Verify(strings.NewReader(s)); err == nil {
			require.Len(t, sum.SHA256, 64)
		}
	})
}

func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	for format := range formats {
		var told []int64
		o := export.Options{Progress: func(n int64) { told = append(told, n) }}
		write(t, format, many(250), o)
		require.Equal(t, []int64{100, 200, 250}, told, format)
	}
}

// secrets are personal data of many kinds, each of which stands somewhere.
var secrets = []string{
	"529.982.247-25", "11.222.333/0001-81", "maria@example.com", "(11) 91234-5678", "+55 21 98765-4321", "5511955554444", "joao@card.example", "wamid.HBgM5511955554444",
}

func personal() export.Transcript {
	said := "cpf 529.982.247-25, cnpj 11.222.333/0001-81, mail maria@example.com, tel (11) 91234-5678"
	text := wrote(said)
	text.Provider = secrets[7]
	answer := sent(ana, handoff.Failed, handoff.Content{Kind: handoff.KindDocument, Text: said, Quotes: secrets[7], Media: &handoff.Media{
		ID: "(11) 91234-5678", URL: "https://x.example/maria@example.com", Name: "529.982.247-25.pdf"}})
	answer.Failure = said
	byContact := handoff.Actor{By: handoff.ByContact}
	choice := handoff.Choice{ID: said, Title: said, Description: said}
	of := one(text, answer,
		from(byContact, handoff.Content{Kind: handoff.KindLocation, Location: &handoff.Location{Name: said, Address: said}}),
		from(byContact, handoff.Content{Kind: handoff.KindContacts, Cards: []handoff.Card{{Name: said, Org: said, Phones: []string{"+55 21 98765-4321"}, Emails: []string{"joao@card.example"}}}}),
		from(byContact, handoff.Content{Kind: handoff.KindReply, Text: said, Reply: &choice}),
		from(byContact, handoff.Content{Kind: handoff.KindReaction, Reaction: &handoff.Reaction{To: secrets[7], Emoji: "👍"}}),
		from(byContact, handoff.Content{Kind: handoff.KindOrder, Items: []handoff.Item{{Product: said}}}),
		sent(ana, handoff.Sent, handoff.Content{Kind: handoff.KindButtons, Text: said, Buttons: []handoff.Choice{choice}}),
		sent(ana, handoff.Sent, handoff.Content{Kind: handoff.KindList, Text: said, List: &handoff.List{Button: said, Sections: []handoff.Section{{Title: said, Rows: []handoff.Choice{choice}}}}}),
		sent(ana, handoff.Sent, handoff.Content{Kind: handoff.KindTemplate, Text: said, Template: &handoff.TemplateUse{Name: "t", Params: []string{said}}}),
		from(handoff.Actor{By: handoff.ByBot}, handoff.Content{Kind: handoff.KindBrief, Text: said, Fields: map[string]string{"529.982.247-25": said}}),
		from(byContact, handoff.Content{Kind: handoff.KindUnknown, Text: said, Raw: []byte(said), Overflow: &handoff.Media{Name: said, ID: said}}),
	)
	of.Bot = "Bia (11) 91234-5678"
	of.Contact = handoff.Contact{ID: "p1", Name: "Maria 5511955554444", Number: "+55 21 98765-4321", Username: "maria@example.com",
		Addresses: []handoff.Address{{Channel: "whatsapp", Account: "1", ID: "5511955554444"}}}
	for a := range of.Attendances {
		a.Conversation.Tags = []string{"maria@example.com"}
		a.Agents, a.Queues = map[handoff.AgentID]string{"ana": said}, map[handoff.QueueID]string{"billing": said}
		a.Tickets = []ticket.Ticket{{Type: said, Description: said, History: []ticket.Change{{Type: said}, {Type: said}}}}
		a.Name = func(handoff.Message) string { return "maria@example.com" }
		a.Events = export.Values(handoff.Event{Kind: handoff.EventTags, Seq: 1, Tags: []string{"maria@example.com"}})
		of.Attendances = export.Values(a)
	}
	return of
}

func TestPersonalDataIsInNoFormat(t *testing.T) {
	t.Parallel()
	for format := range formats {
		o := all("pt-BR")
		plain := write(t, format, personal(), o)
		o.Redact = redact.Personal()
		out := write(t, format, personal(), o)
		if format == "PDF" {
			plain, out = tool(t, plain, "pdftotext", "FILE", "-"), tool(t, out, "pdftotext", "FILE", "-")
		}
		for _, secret := range secrets {
			if secret != secrets[7] || format == "JSON" {
				require.Contains(t, exact(plain), exact(secret), format)
			}
			require.NotContains(t, exact(out), exact(secret), format)
		}
		require.Contains(t, exact(out), "•••.•••.•••-••", format)
	}
	o := export.Options{Redact: redact.Personal()}
	require.Contains(t, write(t, "text", personal(), o), "In reply to •••••@•••••••.•••: “cpf", "what is answered is still found")
}

// Where somebody was, and what tells which file they sent, is masked whatever
// it looks like.
func TestPlacesAndFilesAreMaskedInEveryFormat(t *testing.T) {
	t.Parallel()
	canaries := []string{"-23.5505", "-46.6333", "Canary Square", "Canary Street", "c0ffee0123", "canary_11_91234_5678", "11.91234.5678", "0ddba11", "canary-raw"}
	byContact := handoff.Actor{By: handoff.ByContact}
	file := &handoff.Media{Type: "application/pdf", Size: 1000, Name: "canary_11_91234_5678.pdf", SHA256: strings.Repeat("c0ffee0123", 6)}
	of := one(
		from(byContact, handoff.Content{Kind: handoff.KindLocation, Text: "here", Location: &handoff.Location{
			Latitude: -23.5505, Longitude: -46.6333, Name: "Canary Square", Address: "Canary Street 1"}}),
		sent(ana, handoff.Read, handoff.Content{Kind: handoff.KindDocument, Media: file}),
		from(byContact, handoff.Content{Kind: handoff.KindText, Text: "long", Overflow: &handoff.Media{Name: "11.91234.5678.txt", SHA256: strings.Repeat("0ddba11", 9)}}),
		from(byContact, handoff.Content{Kind: handoff.KindUnknown, Raw: []byte(`{"live":{"place":"canary-raw"}}`)}),
	)
	for format := range formats {
		seen := func(o export.Options) string {
			out := write(t, format, of, o)
			switch format {
			case "PDF":
				requireValid(t, out)
				out = tool(t, out, "pdftotext", "FILE", "-")
			case "JSON":
				out += base64Decoded(out)
			}
			return exact(out)
		}
		o := all("en")
		plain := seen(o)
		o.Redact = redact.Personal()
		masked := seen(o)
		for _, canary := range canaries {
			if canary != "canary-raw" || format == "JSON" {
				require.Contains(t, plain, exact(canary), format)
			}
			require.NotContains(t, masked, exact(canary), format)
		}
		for _, still := range []string{"here", "application/pdf", "••••••••••"} {
			require.Contains(t, masked, still, format)
		}
		require.NotContains(t, masked, "NaN")
		require.NotContains(t, masked, "0.000000", "a masked place is none, not one off the coast of Africa")
		require.NotContains(t, masked, `"latitude"`)
	}
}

// base64Decoded is what the raw bodies in a JSON transcript hold.
func base64Decoded(document string) string {
	var all strings.Builder
	for _, m := range regexp.MustCompile(`"raw":"([^"]*)"`).FindAllStringSubmatch(document, -1) {
		b, _ := base64.StdEncoding.DecodeString(m[1])
		all.Write(b)
	}
	return all.String()
}

func TestWhatFieldsAndTemplatesHoldIsMaskedToo(t *testing.T) {
	t.Parallel()
	of := one(from(handoff.Actor{By: handoff.ByBot}, handoff.Content{Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{
		ID: "t", Name: "t", Language: "en", Header: &handoff.HeaderUse{Kind: handoff.KindText, Value: "maria@example.com"},
		Buttons: []handoff.ButtonUse{{Kind: handoff.ButtonURL, Value: "maria@example.com"}},
	}}), from(handoff.Actor{By: handoff.ByBot}, handoff.Content{Kind: handoff.KindTemplate, Template: &handoff.TemplateUse{
		ID: "t", Name: "t", Language: "en", Header: &handoff.HeaderUse{Kind: handoff.KindImage, Value: "https://files.example/maria.png"},
	}}), from(handoff.Actor{By: handoff.ByBot}, handoff.Content{Kind: handoff.KindBrief, Fields: map[string]string{
		"ana@example.org": "1", "eva@example.org": "2", "ida@example.org": "3",
	}}))
	of.Contact.Fields = map[handoff.FieldID]string{"cpf": "529.982.247-25"}
	o := all("")
	before := write(t, "JSON", of, o)
	o.Redact = redact.Personal()
	out := write(t, "JSON", of, o)
	for _, secret := range []string{"maria", "529.982.247-25", "example.org"} {
		require.Contains(t, before, secret)
		require.NotContains(t, out, secret)
	}
	for range 20 { // names that are masked alike
		require.Equal(t, out, write(t, "JSON", of, o))
	}
	o.Redact = nil
	require.Equal(t, before, write(t, "JSON", of, o), "the caller's own stay")
}

func TestMaskingChangesNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	of := personal()
	before := write(t, "JSON", of, all(""))
	o := all("")
	o.Redact = redact.Personal()
	write(t, "JSON", of, o)
	require.Equal(t, before, write(t, "JSON", of, all("")))
}
