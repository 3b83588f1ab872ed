package api

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"portal/internal/hardware"
	"portal/internal/id"
)

// parameterError is a question that says something that it cannot say, or says it
// twice. A program that misspells a filter must not get everything instead.
type parameterError struct {
	name string // of the parameter; "" if the address as a whole cannot be read
	why  string
}

func (e *parameterError) Error() string { return "api: parameter " + e.name + ": " + e.why }

// longestWord is more than any code, make or model has characters.
const longestWord = 64

// readParams reads the parameters of a question: of allowed, each once at most.
func readParams(r *http.Request, allowed ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &parameterError{"", "The part of the address behind the question mark cannot be read."}
	}
	for name, all := range values {
		switch {
		case !slices.Contains(allowed, name):
			known := "It takes none."
			if len(allowed) > 0 {
				known = "It takes: " + strings.Join(allowed, ", ") + "."
			}
			return nil, &parameterError{name, "This address has no such parameter. " + known}
		case len(all) > 1:
			return nil, &parameterError{name, "The parameter stands there more than once."}
		case all[0] == "" || len([]rune(all[0])) > longestWord || !utf8.ValidString(all[0]) || strings.ContainsRune(all[0], 0):
			return nil, &parameterError{name, "The parameter has 1 to " + strconv.Itoa(longestWord) + " characters."}
		}
	}
	return values, nil
}

// readStep reads which step of a walk is asked for, and of what.
func readStep(r *http.Request, filters ...string) (hardware.Walk, error) {
	values, err := readParams(r, append(filters, "limit", "cursor")...)
	if err != nil {
		return hardware.Walk{}, err
	}
	step := hardware.Walk{
		Limit: hardware.DefaultLimit,
		Type:  values.Get("type"), SubType: values.Get("sub_type"), Make: values.Get("make"), Model: values.Get("model"),
	}
	if text := values.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > hardware.MaxLimit || strconv.Itoa(n) != text {
			return step, &parameterError{"limit", "The parameter is a whole number from 1 to " + strconv.Itoa(hardware.MaxLimit) + "."}
		}
		step.Limit = n
	}
	if text := values.Get("cursor"); text != "" {
		b, err := base64.RawURLEncoding.Strict().DecodeString(text)
		if err != nil || len(b) != len(step.After) || uuid.UUID(b) == uuid.Nil {
			return step, &parameterError{"cursor", "The parameter is what an answer gave as next, unchanged."}
		}
		step.After = uuid.UUID(b)
	}
	if step.Partner, err = idParam[id.Partner](values, "partner"); err != nil {
		return step, err
	}
	step.SBI, err = idParam[id.SBI](values, "sbi")
	return step, err
}

func idParam[T id.Kind](values url.Values, name string) (T, error) {
	var none T
	text := values.Get(name)
	if text == "" {
		return none, nil
	}
	v, err := id.Parse[T](text)
	if err != nil {
		return none, &parameterError{name, "The parameter is an id as answers give it: lower case, with hyphens."}
	}
	return v, nil
}
