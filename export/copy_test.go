package export_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/export"
)

// scripts are messages as people write them, in every script and with every
// kind of emoji.
var scripts = []string{
	"Não recebi o boleto, José; você pode reenviar? Ação à toa.",
	"Na\u0303o e\u0301 igual: corac\u0327a\u0303o.",
	"Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
	"Съешь же ещё этих мягких французских булок, да выпей чаю.",
	"Tiếng Việt có dấu: xin chào, tôi cần hỗ trợ về hóa đơn.",
	"Բարև ձեզ, կա ավտոկայանատեղի։", "გამარჯობა, შეიძლება გვიან შემოსვლა?",
	"नमस्ते, मुझे अपने बिल के बारे में जानकारी चाहिए। क्षत्रिय हिन्दी राष्ट्र",
	"বাংলা: আমার বিল পাঠান।", "ਪੰਜਾਬੀ: ਸਤ ਸ੍ਰੀ ਅਕਾਲ.", "ગુજરાતી: નમસ્તે.", "ଓଡ଼ିଆ: ନମସ୍କାର", "தமிழ்: வணக்கம், கோ கொ கௌ.",
	"తెలుగు: నమస్కారం.", "ಕನ್ನಡ: ನಮಸ್ಕಾರ.", "മലയാളം: നമസ്കാരം.", "සිංහල: ආයුබෝවන්.",
	"สวัสดีครับ ผมต้องการความช่วยเหลือเกี่ยวกับใบแจ้งหนี้เดือนพฤษภาคม", "ສະບາຍດີ", "សួស្តី ភ្ញៀវ", "မင်္ဂလာပါ", "ሰላም ጤና ይስጥልኝ",
	"你好，我需要发票，请问可以开电子发票吗？我们公司的名称和税号已经发给您了，谢谢。你好，我需要发票，请问可以开电子发票吗？",
	"こんにちは。請求書をお願いします。チェックアウト", "안녕하세요, 청구서를 보내 주세요.",
	"מרחב שלום עולם", "مرحبا بالعالم كيف حالك", "لا إله السلام عليكم",
	"😀 👍🏽 👨\u200d👩\u200d👧\u200d👦 🇧🇷 1\ufe0f\u20e3 #\ufe0f\u20e3 ❤\ufe0f ☀\ufe0f 👩🏾\u200d💻 🏳\ufe0f\u200d🌈 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🫠 end",
	"🎉🥳", "𝓯𝓪𝓷𝓬𝔂 𝗕𝗼𝗹𝗱 ♞ ☎\ufe0e → ⇒ ∑ √ ½ € ™ ✓",
	"https://example.com/a/very/long/path/that/goes/on/and/does/not/stop/until/the/line/is/full?query=string&another=parameter&yet=another#fragment",
	"no font has 𐎀𐎍𐎔 nor this: \U000f0000 end", strings.Repeat("longword", 60),
}

// made are the spaces and lines that a reader of a PDF file makes anew, and the
// marks of direction that pdftotext and we add.
var made = regexp.MustCompile(`[\s\x{202a}-\x{202c}\x{200e}\x{200f}]+`)

// exact is what is left of a text without them.
func exact(s string) string { return made.ReplaceAllString(s, "") }

func requireInOrder(t *testing.T, texts []string, in string) {
	t.Helper()
	in = exact(in)
	at := 0
	for i, s := range texts {
		found := strings.Index(in[at:], exact(s))
		require.GreaterOrEqual(t, found, 0, "message %d: %s\nafter …%q", i, s, in[max(0, at-60):min(len(in), at+300)])
		at += found + len(exact(s))
	}
}

func spoken(texts []string) []handoff.Message {
	var messages []handoff.Message
	for i, s := range texts {
		m := wrote(s)
		if i%3 == 1 {
			m = sent(ana, handoff.Read, handoff.Text(s))
		}
		messages = append(messages, m)
	}
	return messages
}

func TestEveryScriptIsCopiedAsItWasWritten(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]export.Options{"all fonts": all("pt-BR"), "no further font": {}} {
		file := write(t, "PDF", one(spoken(scripts)...), o)
		requireValid(t, file)
		for _, mode := range [][]string{nil, {"-layout"}, {"-raw"}} {
			args := append(mode, "-x", "0", "-y", "60", "-W", "596", "-H", "725", "FILE", "-")
			requireInOrder(t, scripts, tool(t, file, "pdftotext", args...))
		}
		// MuPDF reads glyph by glyph, and leaves what goes from the right as
		// it is seen.
		if name == "all fonts" {
			var others []string
			for _, s := range scripts {
				if !regexp.MustCompile(`\p{Hebrew}|\p{Arabic}|\p{Tamil}|\p{Sinhala}|𐎀`).MatchString(s) {
					others = append(others, s)
				}
			}
			requireInOrder(t, others, strings.ReplaceAll(tool(t, file, "mutool", "draw", "-q", "-F", "txt", "FILE"), "\ufffd", ""))
		}
	}
}

func TestAnyMessagesAreThereOnceAndInOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	hostile := append([]string{
		"\x00", "\x1b[2J", "\u202e", "\u2066", "\xff\xfe", "\r\n", "\u2028", "\t", "{nb}", "\\) Tj ET", "endstream endobj", "\ufeff", "\U0010ffff", "\uffff",
		strings.Repeat("\u0301", 100), strings.Repeat("é", 400), "١٢٣", "שָׁלוֹם 123", "</pre>", "(javascript:alert(1))",
	}, scripts...)
	var texts, marks []string
	for i := range 200 {
		s := fmt.Sprintf("begin%dof", i)
		for range random.IntN(4) {
			s += "\n" + hostile[random.IntN(len(hostile))] + string(rune(random.IntN(0x11000))) + hostile[random.IntN(len(hostile))]
		}
		texts, marks = append(texts, s+fmt.Sprintf("\nend%dof", i)), append(marks, fmt.Sprintf("begin%dof", i), fmt.Sprintf("end%dof", i))
	}
	file := write(t, "PDF", one(spoken(texts)...), all("es"))
	requireValid(t, file)
	text := tool(t, file, "pdftotext", "FILE", "-")
	requireInOrder(t, marks, text)
	for _, mark := range marks {
		require.Equal(t, 1, strings.Count(text, mark), mark)
	}
}

// Lines of both directions are read in the order in which they were written,
// on pages of mostly the one or the other.
func TestLinesOfBothDirectionsAreCopiedInTheirOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	words := []string{
		"שלום", "תודה", "שָׁלוֹם", "עֲלֵיכֶם", "מרחב", "مرحبا", "رقم", "مَرْحَبًا", "لا إله", "قُلْ", "ok", "São", "Rua Augusta", "v1.2", "Привет", "e\u0301",
		"123", "-7", "12/05/2026", "22:35", "1.234,56", "١٢٣", "100%", "$5", "+972 3-123-4567", "a@b.co", "😀", "(שלום)", "[42]", "\"רב\"", "א-1", "№ 9",
	}
	marks := []string{" ", " ", " ", " ", ", ", "! ", "? ", ": ", " (", ") ", "; ", " – "}
	lines := []string{"שלום 123", "(שלום) [123]", "טלפון: 03-1234567.", "رقم الطلب 4567 يوم 12/05/2026 شكرا", "say مرحبا 12 ok!", "שלום 😀 עולם 5", "abc (שלום", "קֻלְ 5"}
	for range 60 {
		line := words[random.IntN(len(words))]
		for range random.IntN(20) {
			line += marks[random.IntN(len(marks))] + words[random.IntN(len(words))]
		}
		lines = append(lines, line)
	}
	for name, filling := range map[string]string{"left to right": "All of this is Latin text. ", "right to left": "כל זה הוא טקסט עברי ארוך. "} {
		var texts []string
		for _, line := range lines {
			texts = append(texts, strings.Repeat(filling, 8), line)
		}
		file := write(t, "PDF", one(spoken(texts)...), all("en"))
		requireValid(t, file)
		for _, mode := range [][]string{nil, {"-layout"}, {"-raw"}} {
			if len(mode) > 0 && mode[0] == "-raw" && name == "right to left" {
				continue // takes each page for one from left to right
			}
			args := append(mode, "-x", "0", "-y", "60", "-W", "596", "-H", "725", "FILE", "-")
			between := strings.Split(exact(tool(t, file, "pdftotext", args...)), exact(strings.Repeat(filling, 8)))
			require.Len(t, between, len(lines)+1)
			for i, line := range lines {
				require.Contains(t, between[i+1], exact(line), "%s %v", name, mode)
			}
		}
	}
}

// The pages are for people to look at: with HANDOFF_PAGES=folder they are left
// there as pictures.
func TestPagesCanBeLookedAt(t *testing.T) {
	t.Parallel()
	file := write(t, "PDF", one(spoken(scripts)...), all("pt-BR"))
	folder, dots := os.Getenv("HANDOFF_PAGES"), "90"
	if folder == "" {
		folder, dots = t.TempDir(), "40"
	}
	tool(t, file, "pdftoppm", "-r", dots, "-png", "FILE", folder+"/page")
	pages, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(pages), 3)
	for _, p := range pages {
		info, err := p.Info()
		require.NoError(t, err)
		require.Greater(t, info.Size(), int64(2_500), "a page has something on it")
	}
}
