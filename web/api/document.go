package api

import (
	_ "embed" // for the document
	"net/http"
	"strconv"

	"portal/internal/apikey"
)

// openapi is the API in words that programs read: OpenAPI 3.1. A test holds every
// answer against it, and it against the table of routes.
//
//go:embed openapi.json
var openapi string

// document serves it, to anybody: it tells no secret, and who writes a program
// has no token yet.
func document(w http.ResponseWriter, r *http.Request) error {
	h, tag := w.Header(), apikey.ETag(openapi)
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(openapi)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(openapi)) // a program that went away is no failure
	}
	return nil
}
