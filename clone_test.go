package handoff_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoffdesk/handoff"
)

// visit calls f with v and every value within it.
func visit(v reflect.Value, f func(reflect.Value)) {
	f(v)
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && v.Type().String() != "*time.Location" {
			visit(v.Elem(), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			visit(v.Field(i), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), f)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			visit(k, f)
			visit(v.MapIndex(k), f)
		}
	}
}

// memory gives the addresses of everything v points at.
func memory(v any) map[uintptr]bool {
	at := map[uintptr]bool{}
	visit(reflect.ValueOf(v), func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() && v.Type().String() != "*time.Location" {
				at[v.Pointer()] = true
			}
		case reflect.Map, reflect.Slice:
			if v.Len() > 0 {
				at[v.Pointer()] = true
			}
		}
	})
	return at
}

func requireShared(t require.TestingT, want bool, a, b any) {
	in := memory(a)
	got := false
	for p := range memory(b) {
		got = got || in[p]
	}
	require.Equal(t, want, got)
}

func TestACloneIsEqualAndSharesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyContent(rapid.String()).Draw(t, "content")
		require.Equal(t, c, c.Clone())
		requireShared(t, false, c, c.Clone())
		m := handoff.Message{Content: c}
		require.Equal(t, m, m.Clone())
		requireShared(t, false, m, m.Clone())
	})
	// Whatever is added to a type is copied too: every field is filled.
	for _, v := range []any{filled[handoff.Content](t), filled[handoff.Conversation](t), filled[handoff.Event](t), filled[handoff.Message](t)} {
		clone := reflect.ValueOf(v).MethodByName("Clone").Call(nil)[0].Interface()
		require.Equal(t, v, clone)
		require.NotEmpty(t, memory(v))
		requireShared(t, false, v, clone)
		requireShared(t, true, v, v)
	}
}

// filled gives a T in which no field is zero.
func filled[T any](t *testing.T) T {
	var v T
	fill(t, reflect.ValueOf(&v).Elem())
	return v
}

func fill(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeOf(noon) {
			v.Set(reflect.ValueOf(noon))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("no way to fill a %s", v.Type())
	}
}

func TestRulesShareNothingWithWhatTheyAreGivenOrGive(t *testing.T) {
	t.Parallel()
	for _, v := range life {
		for _, state := range []handoff.State{stBot, stWaiting, stAssigned, stEnded} {
			c := in(t, state)
			next, events, err := v.do(c)
			if err != nil {
				continue
			}
			requireShared(t, false, c, next)
			requireShared(t, false, c, events)
			requireShared(t, false, next, events)
		}
	}
}
