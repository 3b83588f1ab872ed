package api

import (
	"encoding/json"
	"testing"
)

// Whatever is taken as a question is one JSON object with one member.
func FuzzQuestion(f *testing.F) {
	for _, seed := range []string{`{"key":"x"}`, `{"key":"x","key":"y"}`, ` { "key" : "\u00e9" } `, `{"key":"x"}x`, `[`, `{"a":1}`, "{\"key\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		key, ok := onlyMember(body, "key")
		if !ok {
			return
		}
		var m map[string]string
		if err := json.Unmarshal(body, &m); err != nil || len(m) != 1 || m["key"] != key {
			t.Errorf("%q is taken as %q: %v %v", body, key, m, err)
		}
	})
}
