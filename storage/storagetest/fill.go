package storagetest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/handoffdesk/handoff"
)

// filled makes a value of the test's bot in which no field is zero, so that
// a field that is added later is tested without a change here.
func filled[T any](s *setup) T {
	var v T
	n := 0
	fill(s, reflect.ValueOf(&v).Elem(), reflect.TypeFor[T]().Name(), &n)
	return v
}

// legal are values of types that do not take any.
var legal = map[reflect.Type]any{
	reflect.TypeFor[handoff.BotID]():    bot,
	reflect.TypeFor[handoff.State]():    handoff.StateAssigned,
	reflect.TypeFor[handoff.Priority](): handoff.High,
	reflect.TypeFor[handoff.By]():       handoff.ByAgent,
	reflect.TypeFor[handoff.Kind]():     handoff.KindText,
	reflect.TypeFor[handoff.Delivery](): handoff.Delivered,
}

func fill(s *setup, v reflect.Value, path string, n *int) {
	s.Helper()
	*n++
	if value, ok := legal[v.Type()]; ok {
		v.Set(reflect.ValueOf(value))
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(at(*n)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s %d ñ😀'\"\\", path, *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n % 256))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(-float64(*n) - 0.123456789)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(s, v.Elem(), path, n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(s, v.Index(i), path, n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(s, k, path, n)
			fill(s, e, path, n)
			v.SetMapIndex(k, e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(s, v.Field(i), v.Type().Field(i).Name, n)
		}
	default:
		s.Fatalf("storagetest cannot fill %s of type %s", path, v.Type())
	}
}

// scribble overwrites all that can be reached from v and is not v itself:
// elements of slices, entries of maps, what pointers point to.
func scribble(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		scribble(v.Elem())
	case reflect.Pointer:
		if !v.IsNil() {
			scribble(v.Elem())
			v.Elem().SetZero()
		}
	case reflect.Slice:
		for i := range v.Len() {
			scribble(v.Index(i))
			if v.Index(i).Kind() != reflect.Interface {
				v.Index(i).SetZero()
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			scribble(v.MapIndex(k))
			v.SetMapIndex(k, reflect.Zero(v.Type().Elem()))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return // its pointer is to a time zone that everybody shares
		}
		for i := range v.NumField() {
			scribble(v.Field(i))
		}
	}
}
