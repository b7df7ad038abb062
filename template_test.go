package handoff_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
)

func template(body string) handoff.Template {
	return handoff.Template{ID: "welcome", Name: "welcome_1", Language: "pt_BR", Body: body}
}

func TestRenderingFillsThePlaceholders(t *testing.T) {
	t.Parallel()
	params := []string{"Maria", "{{1}}"}
	got, err := template("Oi {{1}}, {{2}} e {{1}}!").Render(params)
	require.NoError(t, err)
	require.Equal(t, handoff.Content{
		Kind: handoff.KindTemplate, Text: "Oi Maria, {{1}} e Maria!",
		Template: &handoff.TemplateUse{ID: "welcome", Name: "welcome_1", Language: "pt_BR", Params: []string{"Maria", "{{1}}"}},
	}, got)
	params[0] = "changed"
	require.Equal(t, "Maria", got.Template.Params[0])

	plain, err := template("Oi!").Render(nil)
	require.NoError(t, err)
	require.Equal(t, "Oi!", plain.Text)
}

func TestTheTenthPlaceholderIsNotTheFirst(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	var params []string
	for i := 1; i <= handoff.MaxParams; i++ {
		body.WriteString("{{" + strconv.Itoa(i) + "}},")
		params = append(params, "p"+strconv.Itoa(i))
	}
	got, err := template(body.String()).Render(params)
	require.NoError(t, err)
	require.Equal(t, strings.Join(params, ",")+",", got.Text)
}

func TestPlaceholdersAreNumberedFromOneWithoutAGap(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"{{2}}", "{{1}} {{3}}", "{{0}}", "{{33}}", "{{01}}", "{{+1}}", "{{ 1 }}", "{{name}}", "{{}}", "{{", "{{1}", "{{{1}}}", "{{1}}{{"} {
		requireField(t, "template body", template(body).Check())
		_, err := template(body).Render([]string{"a"})
		requireField(t, "template body", err)
	}
	for _, body := range []string{"}}", "{1}", "{{2}} {{1}}", "{{1}}}}", "{ {1}}"} {
		require.NoError(t, template(body).Check(), body)
	}
}

func TestParamsMustFit(t *testing.T) {
	t.Parallel()
	for _, params := range [][]string{
		nil, {"a", "b"}, {""}, {"a\x00"}, {"\xff"}, {strings.Repeat("x", handoff.MaxParam+1)},
	} {
		got, err := template("{{1}}").Render(params)
		requireField(t, "template params", err)
		require.Equal(t, handoff.Content{}, got)
	}
}

func TestARenderedTextIsNoLongerThanAnyOther(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", handoff.MaxParam)
	fits := template(strings.Repeat("{{1}}", handoff.MaxText/handoff.MaxParam))
	got, err := fits.Render([]string{long})
	require.NoError(t, err)
	require.Len(t, got.Text, handoff.MaxText)
	_, err = template(fits.Body + ".").Render([]string{long})
	requireField(t, "template text", err)
}

func TestATemplateIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*handoff.Template){
		"template":          func(x *handoff.Template) { x.ID = "" },
		"template name":     func(x *handoff.Template) { x.Name = "" },
		"template channel":  func(x *handoff.Template) { x.Channel = "\n" },
		"template language": func(x *handoff.Template) { x.Language = "" },
		"template body":     func(x *handoff.Template) { x.Body = "" },
	} {
		x := template("Oi!")
		spoil(&x)
		requireField(t, field, x.Check())
	}
	for _, body := range []string{strings.Repeat("x", handoff.MaxText+1), "\xff", "a\x00"} {
		requireField(t, "template body", template(body).Check())
	}
}

func FuzzTemplateBody(f *testing.F) {
	for _, body := range []string{"", "Oi {{1}}", "{{1}}{{2}}", "{{{1}}}", "{{1}}}}{{2}}", "{{99}}", "{{", "é{{1}}\xff", "{{1}}{{1"} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		x := template(body)
		if x.Check() != nil {
			return
		}
		// A template that stands renders with exactly one number of params,
		// and nothing of a placeholder is left.
		fits := 0
		for n := range handoff.MaxParams + 1 {
			params := make([]string, n)
			for i := range params {
				params[i] = "\u2022" + strconv.Itoa(i+1) + "\u2022"
			}
			got, err := x.Render(params)
			if err != nil {
				require.ErrorIs(t, err, handoff.ErrInvalid)
				if strings.Contains(err.Error(), "template text") {
					fits++ // the right number, and too long
				}
				continue
			}
			fits++
			require.NotContains(t, got.Text, "{{")
			for i := range params {
				require.Contains(t, got.Text, params[i])
				body = strings.ReplaceAll(body, "{{"+strconv.Itoa(i+1)+"}}", params[i])
			}
			require.Equal(t, body, got.Text)
		}
		require.Equal(t, 1, fits)
	})
}

// rich is a template with everything that takes a param.
func rich() handoff.Template {
	v := template("Oi {{1}}, o pedido {{2}} saiu.")
	v.Header = &handoff.TemplateHeader{Kind: handoff.KindImage}
	v.Footer = "Loja"
	v.Buttons = []handoff.TemplateButton{
		{Kind: handoff.ButtonReply, Title: "Ok"},
		{Kind: handoff.ButtonURL, Title: "Rastrear", URL: "https://example.com/{{1}}"},
		{Kind: handoff.ButtonCode, Title: "Copiar"},
	}
	return v
}

func TestParamsFillHeaderBodyAndButtonsInThisOrder(t *testing.T) {
	t.Parallel()
	v := rich()
	require.Equal(t, []handoff.TemplateParam{
		{Part: "header", Kind: handoff.KindImage, Number: 1},
		{Part: "body", Kind: handoff.KindText, Number: 1}, {Part: "body", Kind: handoff.KindText, Number: 2},
		{Part: "button", Kind: handoff.KindText, Name: "Rastrear", Number: 2},
		{Part: "button", Kind: handoff.KindText, Name: "Copiar", Number: 3},
	}, v.Inputs())
	got, err := v.Render([]string{"https://example.com/a.png", "Ana", "7", "x7", "DEZ"})
	require.NoError(t, err)
	require.Equal(t, "Oi Ana, o pedido 7 saiu.\n\nLoja", got.Text)
	require.Equal(t, &handoff.TemplateUse{
		ID: "welcome", Name: "welcome_1", Language: "pt_BR", Params: []string{"Ana", "7"},
		Header: &handoff.HeaderUse{Kind: handoff.KindImage, Value: "https://example.com/a.png"},
		Buttons: []handoff.ButtonUse{
			{Index: 1, Kind: handoff.ButtonURL, Value: "x7"}, {Index: 2, Kind: handoff.ButtonCode, Value: "DEZ"},
		},
	}, got.Template)
	_, err = v.Render([]string{"Ana", "7"})
	requireField(t, "template params", err)

	v.Header.Link = "https://example.com/always.png" // then it is no param
	got, err = v.Render([]string{"Ana", "7", "x7", "DEZ"})
	require.NoError(t, err)
	require.Equal(t, "https://example.com/always.png", got.Template.Header.Value)

	v.Header = &handoff.TemplateHeader{Kind: handoff.KindText, Text: "Pedido {{1}}", Name: "order"}
	got, err = v.Render([]string{"9", "Ana", "7", "x7", "DEZ"})
	require.NoError(t, err)
	require.Equal(t, "Pedido 9\n\nOi Ana, o pedido 7 saiu.\n\nLoja", got.Text)
	require.Equal(t, &handoff.HeaderUse{Kind: handoff.KindText, Value: "9", Name: "order"}, got.Template.Header)
}

func TestOnlyAnApprovedTemplateIsRendered(t *testing.T) {
	t.Parallel()
	v := template("Oi!")
	for _, s := range []handoff.TemplateStatus{"", handoff.TemplateApproved} {
		v.Status = s
		_, err := v.Render(nil)
		require.NoError(t, err)
	}
	for _, s := range []handoff.TemplateStatus{
		handoff.TemplateDraft, handoff.TemplatePending, handoff.TemplateRejected, handoff.TemplatePaused, handoff.TemplateDisabled,
	} {
		v.Status = s
		require.NoError(t, v.Check())
		_, err := v.Render(nil)
		require.ErrorIs(t, err, handoff.ErrNotApproved)
		var status *handoff.TemplateStatusError
		require.ErrorAs(t, err, &status)
		require.Equal(t, s, status.Status)
	}
}

func TestWhatStandsAroundABodyIsChecked(t *testing.T) {
	t.Parallel()
	for field, spoils := range map[string][]func(*handoff.Template){
		"template header": {
			func(v *handoff.Template) { v.Header.Kind = handoff.KindAudio },
			func(v *handoff.Template) { v.Header.Link = "http://example.com" },
			func(v *handoff.Template) { v.Header.Text = "above" },
			func(v *handoff.Template) { v.Header = &handoff.TemplateHeader{Kind: handoff.KindText} },
			func(v *handoff.Template) {
				v.Header = &handoff.TemplateHeader{Kind: handoff.KindText, Text: "{{1}} {{2}}"}
			},
		},
		"template button": {
			func(v *handoff.Template) { v.Buttons[0].Title = "" },
			func(v *handoff.Template) { v.Buttons[0].URL = "https://example.com" },
			func(v *handoff.Template) { v.Buttons[0].Kind = "magic" },
			func(v *handoff.Template) { v.Buttons[1].URL = "" },
			func(v *handoff.Template) { v.Buttons[1].URL = "{{1}}{{2}}" },
		},
		"template buttons":  {func(v *handoff.Template) { v.Buttons = make([]handoff.TemplateButton, 11) }},
		"template names":    {func(v *handoff.Template) { v.Names = []string{"only"} }},
		"template status":   {func(v *handoff.Template) { v.Status = "perfect" }},
		"template business": {func(v *handoff.Template) { v.Business = "a\n" }},
		"template":          {func(v *handoff.Template) { v.Footer = "\x00" }},
	} {
		for _, spoil := range spoils {
			v := rich()
			spoil(&v)
			requireField(t, field, v.Check())
			require.Empty(t, v.Inputs())
			_, err := v.Render(nil)
			requireField(t, field, err)
		}
	}
}
