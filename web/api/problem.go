package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"portal/internal/apikey"
	"portal/internal/serviceaccount"
	"portal/web/page"
)

// typePrefix begins the type of every problem; openapi.json lists them. They are
// names, not addresses: the same in every installation.
const typePrefix = "urn:portal:problem:"

// answered is a problem as it is sent (RFC 9457).
type answered struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Reason    string `json:"reason,omitempty"`    // of grant-not-in-force: the link that stops the grant
	Parameter string `json:"parameter,omitempty"` // of bad-parameter: its name
	RequestID string `json:"request_id"`
}

// problems are what can go wrong, by status.
var problems = map[int]answered{
	http.StatusBadRequest: {
		Type: "bad-request", Title: "The request cannot be understood",
		Detail: "The body must be one JSON object with exactly the documented members, each once, and nothing after it.",
	},
	http.StatusUnauthorized: {
		Type: "unauthorized", Title: "No valid token",
		Detail: "Send the token of a service account in the header Authorization, after the word Bearer.",
	},
	http.StatusForbidden: {
		Type: "forbidden", Title: "The right is missing",
		Detail: "The service account was not given the right that this request needs.",
	},
	http.StatusNotFound: {
		Type: "not-found", Title: "Nothing is here",
		Detail: "There is no such address, or no such thing for whoever asks.",
	},
	http.StatusMethodNotAllowed: {
		Type: "method-not-allowed", Title: "The method is not allowed here",
		Detail: "The header Allow names those that are.",
	},
	http.StatusConflict: {
		Type: "grant-not-in-force", Title: "The grant is not in force now",
		Detail: "The partner has this grant, but it does not work now: reason says what stops it.",
	},
	http.StatusRequestEntityTooLarge: {
		Type: "too-large", Title: "The body is too large", Detail: "A body has at most 4096 bytes.",
	},
	http.StatusRequestURITooLong: {
		Type: "address-too-long", Title: "The address is too long", Detail: "An address has at most 4096 bytes.",
	},
	http.StatusUnsupportedMediaType: {
		Type: "unsupported-media-type", Title: "The body is no JSON", Detail: "Send it with Content-Type: application/json.",
	},
	http.StatusMisdirectedRequest: {
		Type: "misdirected", Title: "This host is not served here", Detail: "Ask the address under which the portal is reached.",
	},
	http.StatusTooManyRequests: {
		Type: "too-many-failures", Title: "Too many wrong tokens",
		Detail: "Too many wrong tokens came from this network. Wait as long as Retry-After says.",
	},
	http.StatusServiceUnavailable: {
		Type: "unavailable", Title: "The portal cannot answer now",
		Detail: "Nothing is known of what was asked. Try again after as long as Retry-After says.",
	},
	http.StatusInternalServerError: {
		Type: "broken", Title: "The portal failed", Detail: "The fault is the portal's. Its operator finds it by request_id.",
	},
}

// statusError is an error that only this package knows.
type statusError struct {
	status int
	reason apikey.Standing
}

func (e *statusError) Error() string { return "api: " + strconv.Itoa(e.status) }

// Fail answers a request that could not be served.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	var own *statusError
	var bad *parameterError
	switch {
	case errors.As(err, &bad):
		reportAs(w, answered{
			Type: "bad-parameter", Title: "A parameter cannot be understood", Status: http.StatusBadRequest, Detail: bad.why, Parameter: bad.name,
		})
		return
	case errors.Is(err, serviceaccount.ErrRefused):
		w.Header().Set("WWW-Authenticate", `Bearer realm="portal"`)
		own = &statusError{status: http.StatusUnauthorized}
	case errors.As(err, &own):
	default:
		status, retry := page.Judge(r.Context(), err, w.Header().Get("X-Request-Id"))
		if status == 0 {
			return // the program went away
		}
		if retry > 0 {
			page.RetryAfter(w, retry)
		}
		if status == http.StatusForbidden {
			w.Header().Set("WWW-Authenticate", `Bearer realm="portal", error="insufficient_scope"`)
		}
		own = &statusError{status: status}
	}
	report(w, own.status, string(own.reason))
}

// report sends the problem of a status.
func report(w http.ResponseWriter, status int, reason string) {
	p, ok := problems[status]
	if !ok {
		status = http.StatusInternalServerError
		p = problems[status]
	}
	p.Status, p.Reason = status, reason
	reportAs(w, p)
}

// reportAs sends a problem under its full name.
func reportAs(w http.ResponseWriter, p answered) {
	p.Type, p.RequestID = typePrefix+p.Type, w.Header().Get("X-Request-Id")
	_ = send(w, p.Status, "application/problem+json", p) // strings and a number: it can be encoded
}

// Problems makes a problem of what was answered before a row of the API was
// reached: by the router, and by what stands before every address of the portal.
func Problems(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&translator{ResponseWriter: w}, r)
	})
}

// translator puts a problem in the place of an error that is none.
type translator struct {
	http.ResponseWriter
	replaced bool
}

func (t *translator) WriteHeader(status int) {
	kind := t.Header().Get("Content-Type")
	if status < http.StatusBadRequest || strings.HasPrefix(kind, "application/problem+json") {
		t.ResponseWriter.WriteHeader(status)
		return
	}
	if !t.replaced {
		t.replaced = true
		for _, name := range []string{"Content-Length", "Content-Encoding", "Vary"} {
			t.Header().Del(name) // of the page that is not sent
		}
		report(t.ResponseWriter, status, "")
	}
}

func (t *translator) Write(b []byte) (int, error) {
	if t.replaced {
		return len(b), nil
	}
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *translator) Unwrap() http.ResponseWriter { return t.ResponseWriter }
