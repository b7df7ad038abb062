package handoff_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

// permissions is the documented table: name, and whether RoleAgent has it.
// RoleAdmin has every one.
var permissions = []struct {
	perm  handoff.Permissions
	name  string
	agent bool
}{
	{handoff.PermViewAll, "view_all", false},
	{handoff.PermTakeFromBot, "take_from_bot", false},
	{handoff.PermTransfer, "transfer", true},
	{handoff.PermSendTemplates, "send_templates", true},
	{handoff.PermManageQueues, "manage_queues", false},
	{handoff.PermManageAgents, "manage_agents", false},
	{handoff.PermManageSettings, "manage_settings", false},
	{handoff.PermExport, "export", true},
	{handoff.PermReports, "reports", false},
	{handoff.PermOverride, "override", false},
	{handoff.PermIntervene, "intervene", false},
	{handoff.PermBroadcast, "broadcast", false},
	{handoff.PermEditContacts, "edit_contacts", true},
}

func TestEveryPermissionHasItsNameAndItsPlaceInThePresets(t *testing.T) {
	t.Parallel()
	var all, agent handoff.Permissions
	for _, p := range permissions {
		require.Equal(t, []string{p.name}, p.perm.Names())
		got, err := handoff.ParsePermissions([]string{p.name})
		require.NoError(t, err)
		require.Equal(t, p.perm, got)
		require.Equal(t, p.agent, handoff.RoleAgent.Has(p.perm), p.name)
		require.True(t, handoff.RoleAdmin.Has(p.perm), p.name)
		all |= p.perm
		if p.agent {
			agent |= p.perm
		}
	}
	require.Equal(t, handoff.RoleAdmin, all, "a bit without a row above")
	require.Equal(t, handoff.RoleAgent, agent)
	require.Len(t, handoff.RoleAdmin.Names(), len(permissions))
}

func TestPermissionsSurviveJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := handoff.Permissions(rapid.Uint32Range(0, uint32(handoff.RoleAdmin)).Draw(t, "p"))
		require.True(t, p.Valid())
		b, err := json.Marshal(p)
		require.NoError(t, err)
		var got handoff.Permissions
		require.NoError(t, json.Unmarshal(b, &got))
		require.Equal(t, p, got)
	})
	b, err := json.Marshal(handoff.Permissions(0))
	require.NoError(t, err)
	require.Equal(t, "[]", string(b))
}

func TestPermissionsThatNobodyKnowsAreRefused(t *testing.T) {
	t.Parallel()
	require.False(t, (handoff.RoleAdmin + 1).Valid())
	_, err := handoff.ParsePermissions([]string{"export", "fly"})
	require.ErrorIs(t, err, handoff.ErrInvalid)
	kept := handoff.PermReports
	require.Error(t, json.Unmarshal([]byte(`7`), &kept))
	require.Equal(t, handoff.PermReports, kept)
	require.NoError(t, json.Unmarshal([]byte(`["export","fly"]`), &kept), "a newer version's is left out")
	require.Equal(t, handoff.PermExport, kept)
	require.False(t, kept.Has(handoff.PermExport|handoff.PermReports), "all of them, not any")
}
