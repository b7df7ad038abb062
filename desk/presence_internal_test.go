package desk

import (
	"testing"
	"time"

	must "github.com/stretchr/testify/require"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// barred gives the devices whose leases a draft puts as expired ones.
func barred(t *testing.T, of *draft) (devices []string) {
	t.Helper()
	for _, op := range of.ops {
		put, is := op.(storage.PutRecord)
		if !is || put.Record.Key.Kind != kindLease {
			continue
		}
		must.Zero(t, put.Expect, "one that lasts is not ended")
		must.True(t, put.Record.Expired(of.now))
		devices = append(devices, put.Record.Key.ID)
	}
	return devices
}

func anaWith(devices ...string) doc[presence] {
	return doc[presence]{key: key("acme", kindPresence, handoff.AgentID("ana")), version: 1,
		value: presence{Connected: true, Devices: devices}}
}

func TestADeviceThatIsForgottenIsBarredFirst(t *testing.T) {
	t.Parallel()
	of := &draft{now: time.Now()}
	ana := anaWith("tablet", "phone", "laptop")
	live := []storage.Record{{Key: child("acme", kindLease, "ana", "phone")}}
	must.NoError(t, forget(of, &ana, "laptop", live))
	must.Equal(t, []string{"phone", "laptop"}, ana.value.Devices)
	must.Equal(t, []string{"tablet"}, barred(t, of))
}

func TestWhoIsGoneHasNoLeaseThatAnythingMayRestOn(t *testing.T) {
	t.Parallel()
	of := &draft{now: time.Now()}
	of.ops = append(of.ops, storage.DeleteRecord{Key: child("acme", kindLease, "ana", "laptop"), Expect: 7})
	must.NoError(t, leave(of, anaWith("phone", "laptop"), handoff.Actor{By: handoff.BySystem}, time.Time{}))
	must.Equal(t, []string{"phone"}, barred(t, of), "the laptop's ends with the same commit")
}
