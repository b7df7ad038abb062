package fonts_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-text/typesetting/language"
	"github.com/stretchr/testify/require"

	"github.com/go-fonts/dejavu/dejavusanscondensed"

	"github.com/handoffdesk/handoff/export/fonts"
)

// words of each script, from all over its letters: what joins, combines,
// changes places or stands on another.
var words = []struct {
	font        string // a file below this package; "" is DejaVu
	script      language.Script
	code        string
	rightToLeft bool
	text        string
}{
	{"", language.Latin, "Latn", false, "ação Não coração e\u0301te\u0301 na\u0303o Tiếng Việt ngữ nghĩa được c\u0327a ffi fl office AVATAR To Ta We İıŞğ Łódź žluťoučký kůň Ærøskøbing"},
	{"", language.Greek, "Grek", false, "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία ἄνθρωπος ᾳ ῥῆμα"},
	{"", language.Cyrillic, "Cyrl", false, "Съешь же ещё этих мягких французских булок Україна їжак љубав й е\u0308"},
	{"", language.Armenian, "Armn", false, "Բարև ձեզ կա՞ ավտոկայանատեղի եւ"},
	{"", language.Georgian, "Geor", false, "გამარჯობა შეიძლება გვიან შემოსვლა"},
	{"", language.Arabic, "Arab", true, "مرحبا كيف حالك رقم الطلب السلام عليكم لا إله الله بسم مَرْحَبًا قُلْ الْعَرَبِيَّةُ شكراً جزيلاً فارسی گچپژ می\u200cخواهم پاکستان ٹڈڑ ہے یہ لأن لإ لآ ۱۲۳ ١٢٣"},
	{"", language.Hebrew, "Hebr", true, "שלום עולם תודה רבה שָׁלוֹם עֲלֵיכֶם בְּרֵאשִׁית חֲשׁבּוֹנִית"},
	{"noto/data/NotoSansDevanagari-Regular.ttf", language.Devanagari, "Deva", false, "नमस्ते क्षत्रिय हिन्दी ज्ञान श्रीमान कृष्ण राष्ट्र विद्यार्थी पहुँचेंगे कर्म र्कि द्ध्य ऑफ़िस ड़ ढ़ ॐ १२३ क्\u200dष क्\u200cष ट्ठ ङ्क"},
	{"noto/data/NotoSansBengali-Regular.ttf", language.Bengali, "Beng", false, "বাংলা আমার বিল পাঠান ধন্যবাদ ক্ষ জ্ঞ স্ত্রী কোথায় কৌ র্ক ক্র ৎ ঁ ৎস শ্রী ত্র্য"},
	{"noto/data/NotoSansGurmukhi-Regular.ttf", language.Gurmukhi, "Guru", false, "ਸਤ ਸ੍ਰੀ ਅਕਾਲ ਪੰਜਾਬੀ ਕ੍ਰਿਪਾ ਸ਼ੁਕਰੀਆ ਪ੍ਰ ਹੱਥ ਕਿ"},
	{"noto/data/NotoSansGujarati-Regular.ttf", language.Gujarati, "Gujr", false, "નમસ્તે ગુજરાતી ક્ષ જ્ઞ શ્રી ત્ર કૃપા ર્ક કિ દ્ધ"},
	{"noto/data/NotoSansOriya-Regular.ttf", language.Oriya, "Orya", false, "ନମସ୍କାର ଓଡ଼ିଆ କ୍ଷ ତ୍ର କି କୋ କୌ ର୍କ"},
	{"noto/data/NotoSansTamil-Regular.ttf", language.Tamil, "Taml", false, "வணக்கம் தமிழ் ஸ்ரீ கோ கொ கௌ க்ஷ நன்றி இட்லி கிடைக்குமா"},
	{"noto/data/NotoSansTelugu-Regular.ttf", language.Telugu, "Telu", false, "నమస్కారం తెలుగు క్ష శ్రీ పాస్\u200cవర్డ్ కృ స్త్రీ కై"},
	{"noto/data/NotoSansKannada-Regular.ttf", language.Kannada, "Knda", false, "ನಮಸ್ಕಾರ ಕನ್ನಡ ಕ್ಷ ಶ್ರೀ ಸ್ತ್ರೀ ಕೋ ಕೈ ರ್ಕ"},
	{"noto/data/NotoSansMalayalam-Regular.ttf", language.Malayalam, "Mlym", false, "നമസ്കാരം മലയാളം ക്ഷ സ്ത്രീ കോ കൊ ൻ ർ ൽ ന്ത ങ്ക പ്ര"},
	{"noto/data/NotoSansSinhala-Regular.ttf", language.Sinhala, "Sinh", false, "ආයුබෝවන් සිංහල ශ්\u200dරී ක්\u200dෂ කො කෝ ස්තූතියි"},
	{"noto/data/NotoSansThai-Regular.ttf", language.Thai, "Thai", false, "สวัสดีครับ ขอบคุณ ใบแจ้งหนี้ ผู้ใหญ่ น้ำ ที่ ปี่ ฐู ญู ชื่อ"},
	{"noto/data/NotoSansLao-Regular.ttf", language.Lao, "Laoo", false, "ສະບາຍດີ ຂອບໃຈ ນ້ຳ ຜູ້ ໝາ"},
	{"noto/data/NotoSansKhmer-Regular.ttf", language.Khmer, "Khmr", false, "សួស្តី អរគុណ ក្រុម ស្រី ភ្ញៀវ កោ កើ ត្រី"},
	{"noto/data/NotoSansMyanmar-Regular.ttf", language.Myanmar, "Mymr", false, "မင်္ဂလာပါ ကျေးဇူး မြန်မာ ကြွေ က္က ဂျိုး ဩ"},
	{"noto/data/NotoSansEthiopic-Regular.ttf", language.Ethiopic, "Ethi", false, "ሰላም ጤና ይስጥልኝ አማርኛ"},
	{"cjk/data/DroidSansFallbackFull.ttf", language.Han, "Hani", false, "你好 请问酒店提供中文早餐菜单吗 謝謝 繁體"},
	{"cjk/data/DroidSansFallbackFull.ttf", language.Hiragana, "Hira", false, "こんにちは よろしくお願いいたします がぎぐ"},
	{"cjk/data/DroidSansFallbackFull.ttf", language.Katakana, "Kana", false, "チェックアウト カタカナ パピプ"},
	{"cjk/data/NotoSansKR-Hangul.ttf", language.Hangul, "Hang", false, "안녕하세요 감사합니다 김치가 조식에 \u1112\u1161\u11ab\u1100\u1173\u11af"},
}

// Glyphs and places are those of HarfBuzz itself, whose port shapes here.
func TestShapesAreThoseOfHarfBuzz(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("hb-shape"); err != nil {
		if os.Getenv("HANDOFF_REQUIRE_TOOLS") == "1" {
			t.Fatal("hb-shape is required and not installed")
		}
		t.Skip("hb-shape is not installed")
	}
	dejavu := filepath.Join(t.TempDir(), "dejavu.ttf")
	require.NoError(t, os.WriteFile(dejavu, dejavusanscondensed.TTF, 0o600))
	for _, w := range words {
		t.Run(w.code, func(t *testing.T) {
			t.Parallel()
			path := w.font
			if path == "" {
				path = dejavu
			}
			ttf, err := os.ReadFile(path)
			require.NoError(t, err)
			font, err := fonts.Parse("test", ttf)
			require.NoError(t, err)
			var shaper fonts.Shaper
			for _, word := range append(strings.Fields(w.text), w.text) {
				requireSame(t, harfbuzz(t, path, w.code, w.rightToLeft, word), ours(&shaper, font, w.script, w.rightToLeft, word), word)
			}
		})
	}
}

// placed is a glyph in thousandths of the size.
type placed struct{ ID, From, Advance, X, Y int }

// requireSame lets measures differ by the thousandth that rounding makes.
func requireSame(t *testing.T, want, got []placed, word string) {
	t.Helper()
	require.Len(t, got, len(want), word)
	for i, w := range want {
		g := got[i]
		require.Equal(t, []int{w.ID, w.From}, []int{g.ID, g.From}, word)
		require.InDelta(t, w.Advance, g.Advance, 1, word)
		require.InDelta(t, w.X, g.X, 1, word)
		require.InDelta(t, w.Y, g.Y, 1, word)
	}
}

func ours(s *fonts.Shaper, f *fonts.Font, script language.Script, rightToLeft bool, word string) []placed {
	text := []rune(word)
	var out []placed
	for _, g := range s.Shape(f, text, 0, len(text), script, rightToLeft) {
		out = append(out, placed{int(g.ID), g.From, g.Advance, g.X, g.Y})
	}
	return out
}

func harfbuzz(t *testing.T, path, script string, rightToLeft bool, word string) []placed {
	direction := "ltr"
	if rightToLeft {
		direction = "rtl"
	}
	out, err := exec.Command("hb-shape", "--output-format=json", "--no-glyph-names", "--font-size=1000", "--cluster-level=0",
		"--script="+script, "--direction="+direction, "--language=und", "--text="+word, path).CombinedOutput()
	require.NoError(t, err, string(out))
	var glyphs []struct{ G, Cl, Ax, Dx, Dy int }
	require.NoError(t, json.Unmarshal(out, &glyphs), string(out))
	var all []placed
	for _, g := range glyphs {
		all = append(all, placed{g.G, g.Cl, g.Ax, g.Dx, g.Dy})
	}
	return all
}
