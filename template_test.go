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
