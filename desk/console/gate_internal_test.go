package console

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAGateLetsInSoManyOfEachAndOfAll(t *testing.T) {
	t.Parallel()
	g := gate[string]{each: 2, all: 3}
	require.True(t, g.enter("a"))
	require.True(t, g.enter("a"))
	require.False(t, g.enter("a"), "two of each")
	require.True(t, g.enter("b"))
	require.False(t, g.enter("c"), "three in all")
	g.leave("a")
	require.True(t, g.enter("c"))
	g.leave("a")
	g.leave("b")
	g.leave("c")
	require.Empty(t, g.of, "who has left is forgotten")
}
