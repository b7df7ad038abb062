package browser_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff/internal/browser"
)

// demo runs examples/console until the test ends, and gives its address and the
// passwords it printed, by e-mail address.
func demo(t *testing.T) (address string, passwords map[string]string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "console")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../examples/console").CombinedOutput()
	require.NoError(t, err, string(out))
	command := exec.Command(program, "-addr", "127.0.0.1:0")
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		require.NoError(t, command.Wait())
	})
	passwords = map[string]string{}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 1:
			address = words[0]
		case words[0] == "customer":
			return address, passwords
		default:
			passwords[words[1]] = words[2]
		}
	}
	require.Fail(t, "the program ended")
	return "", nil
}

// What a stranger does who starts the demo: they sign in, and are a customer
// too, who waits and is answered.
func TestAStrangerIsTheirOwnCustomer(t *testing.T) {
	t.Parallel()
	address, passwords := demo(t)
	customer := browser.Open(t)
	customer.Size(480, 760)
	customer.Go(address + "customer/")
	customer.Fill("#name", "Iris <b>")
	customer.Fill("#text", "Hello there")
	customer.Key("\r")
	customer.Sees("li.bot", "Lumi")
	customer.Accessible("customer page with the bot")
	customer.Shot("customer-bot")
	customer.Click("#person", "")
	customer.Sees("#status", "")

	desk := browser.Open(t)
	desk.Go(address)
	desk.Fill("input[name=email]", "helena@lumen.example")
	desk.Fill("input[name=password]", passwords["helena@lumen.example"])
	desk.Key("\r")
	desk.Sees("desk-shell", "Lumen")
	desk.Click("desk-status .status", "")
	desk.Click("[role^=menuitem] small", "") // the first of them: available
	desk.Fill("input[name=search]", "Iris")
	desk.Until("document.querySelectorAll('.row').length === 1") // what was searched for, and not the list of before
	desk.Click(".row", "Iris <b>")
	desk.Sees(".message", "Hello there")
	// A simulated colleague may have been faster, and an admin may step in; or
	// Helena has as many as she may by now, and says that she takes it anyway.
	desk.Until(`((document.querySelector('dialog[open] .button--primary') ?? document.querySelector('.banner .button--primary'))?.click(), !document.querySelector('.composer textarea').placeholder.includes('once')) && !document.querySelector('.banner .button--primary')`)
	desk.Fill(".composer textarea", "Good day, this is Helena")
	desk.Key("\r")
	customer.Sees("li.agent", "Good day, this is Helena")
	customer.Sees("#status", "You are talking to")
	desk.Sees(".tick--read", "")
	customer.AccessibleInBoth("customer")

	desk.Fill("input[name=search]", "")
	for _, place := range []string{"", "waiting", "panel", "admin/agents"} {
		if place != "" {
			desk.Go(address + "#/" + place)
		}
		desk.Sees("main", "")
		desk.Shot("demo-" + strings.ReplaceAll(place, "/", "-"))
	}
}
