package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const maxDepth = 16 // of JSON that is taken

// jsonFormat reads JSON more strictly than encoding/json does: no key twice
// in an object, whatever its case, and no deep nesting. Its errors quote
// nothing of what they are about.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
	Unmarshal: func(data []byte, v any) error {
		// A body is read twice, into an any to be validated, and then into
		// what the route takes.
		if _, first := v.(*any); first {
			if err := checkJSON(data); err != nil {
				return err
			}
		}
		if json.Unmarshal(data, v) != nil {
			return errors.New("cannot be read")
		}
		return nil
	},
}

// checkJSON reports what is wrong with the form of data.
func checkJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("is not one JSON value")
	}
	return nil
}

func checkValue(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return errors.New("is not JSON")
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == maxDepth {
		return errors.New("is nested too deep")
	}
	keys := map[string]bool{}
	for d.More() {
		if open == '{' {
			t, err := d.Token()
			key, ok := t.(string)
			if err != nil || !ok {
				return errors.New("is not JSON")
			}
			if key = strings.ToLower(key); keys[key] {
				return errors.New("has a key twice")
			}
			keys[key] = true
		}
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing one
		return errors.New("is not JSON")
	}
	return nil
}
