package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"portal/internal/apikey"
	"portal/internal/id"
)

// policy sends the exact text of a policy as a partner has it now. A program
// that keeps it asks with If-None-Match whether it is still the one in force.
func (h handlers) policy(w http.ResponseWriter, r *http.Request) error {
	partner, err := id.Parse[id.Partner](chi.URLParam(r, "partner"))
	if err != nil {
		return err
	}
	policy, err := id.Parse[id.Policy](chi.URLParam(r, "policy"))
	if err != nil {
		return err
	}
	g, err := h.keys.Policy(r.Context(), partner, policy)
	if err != nil {
		return err
	}
	if g.Standing != apikey.Works {
		return &statusError{status: http.StatusConflict, reason: g.Standing}
	}
	header, tag := w.Header(), apikey.ETag(g.Document)
	header.Set("ETag", tag)
	header.Set("Portal-Policy-Version", strconv.Itoa(g.Number))
	header.Set("Portal-Policy-Kind", string(g.PolicyKind))
	header.Set("Cache-Control", "private, no-cache") // it may be kept, and is asked for before each use
	header.Set("Vary", "Authorization")
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(g.Document)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(g.Document)) // a program that went away is no failure
	}
	return nil
}

// matches compares as RFC 9110 says for If-None-Match: weakly, any of a list.
func matches(headers []string, tag string) bool {
	for _, h := range headers {
		for one := range strings.SplitSeq(h, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}
