package whatsapp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/desk/whatsapp"
)

// change wraps what stands in a change's value into a body.
func change(value string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
		"messaging_product":"whatsapp","metadata":{"phone_number_id":"106"},` + value + `}}]}]}`
}

func messages(list ...string) string { return change(`"messages":[` + strings.Join(list, ",") + `]`) }
func statuses(list ...string) string { return change(`"statuses":[` + strings.Join(list, ",") + `]`) }

func parse(t testing.TB, body string) whatsapp.Update {
	t.Helper()
	u, err := whatsapp.Parse([]byte(body))
	require.NoError(t, err)
	return u
}

func TestABodyThatIsNoWebhookIsMalformedAndGivesNothing(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for name, body := range map[string]string{
		"empty":            ``,
		"not JSON":         `hello`,
		"cut off":          messages(`{"id":"a"}`)[:120],
		"trailing text":    messages() + `x`,
		"null":             `null`,
		"a list":           `[{"object":"whatsapp_business_account"}]`,
		"no object":        `{"entry":[]}`,
		"another product":  `{"object":"instagram","entry":[]}`,
		"object is a list": `{"object":["whatsapp_business_account"],"entry":[]}`,
		"too deep":         messages(`{"id":"a","from":"1","x":` + deep + `}`),
		"too large":        messages() + strings.Repeat(" ", whatsapp.MaxBody),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := whatsapp.Parse([]byte(body))
			require.ErrorIs(t, err, whatsapp.ErrMalformed)
			require.Empty(t, u)
		})
	}
}

func TestTheLargestBodyIsRead(t *testing.T) {
	t.Parallel()
	body := messages(`{"id":"a","from":"1","type":"text","text":{"body":"oi"}}`)
	body += strings.Repeat(" ", whatsapp.MaxBody-len(body))
	require.Len(t, parse(t, body).Inbound, 1)
}

func TestBrokenTextNeverFails(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\xffb":           "a\uFFFDb",
		`\ud800`:           "\uFFFD",
		`\udc00x\ud83d`:    "\uFFFDx\uFFFD",
		`\ud83d\ude00`:     "😀",
		`nul\u0000`:        "nul\x00", // the desk cleans it
		"\u202edrow\u200d": "\u202edrow\u200d",
	} {
		u := parse(t, messages(`{"id":"a","from":"1","type":"text","text":{"body":"`+in+`"}}`))
		require.Equal(t, want, u.Inbound[0].Content.Text)
	}
}

func TestOfARepeatedKeyTheLastCounts(t *testing.T) {
	t.Parallel()
	u := parse(t, messages(`{"id":"a","id":"b","from":"1","from":"2","type":"image","type":"text","text":{"body":"x","body":"y"}}`))
	require.Equal(t, "b", u.Inbound[0].Provider)
	require.Equal(t, []string{"2"}, u.Inbound[0].Addresses)
	require.Equal(t, handoff.Text("y"), u.Inbound[0].Content)
}

func TestAnUnknownMessageKeepsItsOwnJSONByteForByte(t *testing.T) {
	t.Parallel()
	raw := "{ \"id\":\"a\",\t\"from\":\"1\", \"type\":\"poll\",\"poll\":{\"q\":\"\\u00e9 \xff\"} }"
	body := []byte(messages(`{"id":"b","from":"1"}`, raw))
	u, err := whatsapp.Parse(body)
	require.NoError(t, err)
	require.Equal(t, handoff.KindUnknown, u.Inbound[1].Content.Kind)
	clear(body) // the caller may use its buffer again
	require.Equal(t, raw, string(u.Inbound[1].Content.Raw))
}

func TestAReadUpdateSharesNoMemoryWithTheBody(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		want := parse(t, string(body))
		got, err := whatsapp.Parse(body)
		require.NoError(t, err)
		clear(body)
		require.Equal(t, want, got, path)
	}
}

func TestHashesComeInHex(t *testing.T) {
	t.Parallel()
	const wanted = "e6e56116121fc17e1c621d72c5c441bc1bf0712c0303b59d68a978633af52718"
	for in, want := range map[string]string{
		"5uVhFhIfwX4cYh1yxcRBvBvwcSwDA7WdaKl4Yzr1Jxg=": wanted,
		strings.ToUpper(wanted):                        wanted,
		"AAAA":                                         "",
		"no hash":                                      "",
	} {
		u := parse(t, messages(`{"id":"a","from":"1","type":"image","image":{"id":"7","sha256":"`+in+`"}}`))
		require.Equal(t, want, u.Inbound[0].Content.Media.SHA256)
	}
}

func TestWhatIsLoggedAndKeptOfFailuresNamesNobody(t *testing.T) {
	t.Parallel()
	const secret = "5511987650001"
	u := parse(t, change(`
		"messages":[{"id":"`+strings.Repeat(secret, 30)+`","from":"1"},"`+secret+`",{"id":"a","from":"`+secret+`\u0007"}],
		"statuses":[
			{"id":"a","status":"read `+secret+`"},
			{"id":"a","status":"failed","errors":[{"code":131026,"title":"Message undeliverable","message":"`+secret+`","error_data":{"details":"`+secret+`"}}]}],
		"errors":[{"code":1,"title":"API Unknown","message":"`+secret+`"}]`))
	require.Len(t, u.Skipped, 5)
	for _, s := range u.Skipped {
		require.NotContains(t, s.Error(), secret)
	}
	require.Equal(t, "131026: Message undeliverable", u.Receipts[0].Failure)
}

func TestAnEndlessFailureIsShortened(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 10_000)
	one := `{"code":"` + long + `","title":"` + long + `"}`
	u := parse(t, statuses(`{"id":"a","status":"failed","errors":[`+strings.Repeat(one+",", 19)+one+`]}`))
	require.Less(t, len(u.Receipts[0].Failure), 2000)
	require.Equal(t, handoff.CleanText(u.Receipts[0].Failure), u.Receipts[0].Failure)
}

// An element of a list, and whether it is good.
type element struct {
	json string
	good bool
}

// broken are elements that can't be stored, of messages as of statuses.
var broken = []string{
	`null`, `7`, `"a"`, `[]`, `[{"id":"x","from":"1"}]`, `{}`, `true`, `{"id":{},"from":"1","status":"read"}`,
	`{"id":"","from":"1","status":"sent"}`, `{"id":"x\n","from":"1","status":"sent"}`,
}

// spoiled are fields whose type is wrong, or which are missing, in elements
// that can be stored all the same.
var spoiled = []string{
	``, `"type":7,`, `"type":"text","text":[],`, `"type":"image","image":"x",`, `"timestamp":{},`, `"timestamp":"1e99",`,
	`"context":"x",`, `"context":{"id":[]},`, `"type":"contacts","contacts":{},`, `"errors":{},`, `"errors":[7],`,
	`"type":"order","order":{"product_items":[{"quantity":"two"}]},`, `"from_user_id":[],`, `"recipient_user_id":9,`,
	`"type":"system","system":7,`, `"type":"interactive","interactive":{"button_reply":[]},`,
}

func drawElements(t *rapid.T, status bool) (list []element) {
	for i := range rapid.IntRange(0, 12).Draw(t, "elements") {
		if rapid.Bool().Draw(t, "broken") {
			list = append(list, element{rapid.SampledFrom(broken).Draw(t, "how"), false})
			continue
		}
		kind := `"from":"5511"`
		if status {
			kind = `"status":"` + rapid.SampledFrom([]string{"sent", "delivered", "read", "failed"}).Draw(t, "status") + `"`
		}
		list = append(list, element{fmt.Sprintf(`{%s%s,"id":"m%d"}`, rapid.SampledFrom(spoiled).Draw(t, "spoiled"), kind, i), true})
	}
	return list
}

func TestOneBadElementNeverLosesAnother(t *testing.T) {
	t.Parallel()
	contacts := []string{``, `"contacts":7,`, `"contacts":[7,null,{"wa_id":[]},{"profile":"x","wa_id":"5511"}],`, `"contacts":{},`}
	rapid.Check(t, func(t *rapid.T) {
		var entries, wantIn, wantReceipts []string
		wantSkipped := 0
		for range rapid.IntRange(1, 4).Draw(t, "entries") {
			if rapid.Bool().Draw(t, "broken entry") {
				entries = append(entries, rapid.SampledFrom([]string{`7`, `null`, `{"changes":"x"}`, `{"changes":[[]]}`, `{"changes":[{"field":"messages"}]}`}).Draw(t, "entry"))
				wantSkipped++
				continue
			}
			var lists [2][]string
			for i := range lists {
				for _, e := range drawElements(t, i == 1) {
					lists[i] = append(lists[i], e.json)
					var id struct{ ID string }
					switch _ = json.Unmarshal([]byte(e.json), &id); {
					case !e.good:
						wantSkipped++
					case i == 0:
						wantIn = append(wantIn, id.ID)
					default:
						wantReceipts = append(wantReceipts, id.ID)
					}
				}
			}
			entries = append(entries, `{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},`+
				rapid.SampledFrom(contacts).Draw(t, "contacts")+
				`"messages":[`+strings.Join(lists[0], ",")+`],"statuses":[`+strings.Join(lists[1], ",")+`]}}]}`)
		}
		u, err := whatsapp.Parse([]byte(`{"object":"whatsapp_business_account","entry":[` + strings.Join(entries, ",") + `]}`))
		require.NoError(t, err)
		var in, receipts []string
		for _, m := range u.Inbound {
			in = append(in, m.Provider)
		}
		for _, r := range u.Receipts {
			receipts = append(receipts, r.Provider)
		}
		require.Equal(t, wantIn, in)
		require.Equal(t, wantReceipts, receipts)
		require.Len(t, u.Skipped, wantSkipped)
	})
}

func BenchmarkParse(b *testing.B) {
	one, err := os.ReadFile("testdata/user_id_with_number.json")
	require.NoError(b, err)
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf(`{"from":"55119876%05d","id":"wamid.%d","timestamp":"1772454001","type":"text","text":{"body":"Olá! Preciso de ajuda com o pedido."}}`, i, i))
	}
	for name, body := range map[string][]byte{"one": one, "thousand": []byte(messages(many...))} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := whatsapp.Parse(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
