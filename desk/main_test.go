package desk_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/handoffdesk/handoff/internal/testserver"
)

// The test binary is also the worker processes of one of its tests.
func TestMain(m *testing.M) {
	if path := os.Getenv(workerPath); path != "" {
		if err := work(path, os.Getenv(workerName)); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(withServers{m})
}

// withServers also stops the servers that tests shared.
type withServers struct{ m *testing.M }

func (w withServers) Run() int { return testserver.Run(w.m) }
