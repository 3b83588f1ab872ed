package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portal/internal/pg"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/session"
)

// failure is what a reader is told of an error: never the error itself.
type failure struct {
	Status int
	Key    string // messages <key>.title and <key>.text
	Detail string // what happened in the meantime, already translated
	Retry  time.Duration
}

// classify is the one table from errors to answers.
func classify(ctx context.Context, err error) failure {
	var (
		busy      *problem.BusyError
		throttled *problem.ThrottledError
		tooLarge  *http.MaxBytesError
		invalid   *problem.InvalidError
	)
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return failure{Status: http.StatusNotFound, Key: "page.not_found"}
	case errors.Is(err, problem.ErrDenied):
		return failure{Status: http.StatusForbidden, Key: "page.denied"}
	case errors.Is(err, problem.ErrConflict):
		return failure{Status: http.StatusConflict, Key: "page.conflict", Detail: Meanwhile(ctx, err)}
	case errors.As(err, &throttled):
		return failure{Status: http.StatusTooManyRequests, Key: "page.throttled", Retry: throttled.RetryAfter}
	case errors.As(err, &busy):
		return failure{Status: http.StatusServiceUnavailable, Key: "page.busy", Retry: busy.RetryAfter}
	case errors.As(err, &tooLarge):
		return failure{Status: http.StatusRequestEntityTooLarge, Key: "page.too_large"}
	case errors.As(err, &invalid):
		return failure{Status: http.StatusUnprocessableEntity, Key: "page.bad_request"}
	case errors.Is(err, problem.ErrBadRequest):
		return failure{Status: http.StatusBadRequest, Key: "page.bad_request"}
	case pg.Unavailable(err):
		return failure{Status: http.StatusServiceUnavailable, Key: "page.unavailable", Retry: 5 * time.Second}
	}
	return failure{Status: http.StatusInternalServerError, Key: "page.broken"}
}

// Meanwhile says in the reader's words and time zone what a conflict tells of what
// happened in the meantime; "" for an error that tells nothing.
func Meanwhile(ctx context.Context, err error) string {
	var conflict *problem.ConflictError
	if !errors.As(err, &conflict) {
		return ""
	}
	args := make([]any, len(conflict.Args))
	for i, a := range conflict.Args {
		if at, ok := a.(time.Time); ok {
			a = i18n.DateTime(ctx, at)
		}
		args[i] = a
	}
	return i18n.T(ctx, conflict.Key, args...)
}

// Refused says why one of many things was not decided on, in the reader's words:
// something changed in the meantime, or it is their own. The others go on; whole is
// an error that is about more than this one.
func Refused(ctx context.Context, err error) (why string, whole error) {
	switch {
	case errors.Is(err, problem.ErrConflict):
		if why = Meanwhile(ctx, err); why == "" {
			why = i18n.T(ctx, "page.conflict.title")
		}
		return why, nil
	case errors.Is(err, problem.ErrDenied):
		return i18n.T(ctx, "page.denied.title"), nil
	}
	return "", err
}

// RetryAfter tells a client when to come again, in whole seconds (RFC 9110 §10.2.3).
func RetryAfter(w http.ResponseWriter, after time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int((after+time.Second-1)/time.Second))))
}

// Minutes is how many whole minutes people have to wait.
func Minutes(after time.Duration) int { return max(1, int((after+time.Minute-1)/time.Minute)) }

// Fail answers a request that could not be served, and logs what went wrong if
// it is the portal's fault. Nothing else does either.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	requestID := session.Actor(ctx).RequestID
	f, ok := judge(ctx, err, requestID)
	if !ok {
		return
	}
	if f.Retry > 0 {
		RetryAfter(w, f.Retry)
	}
	if renderErr := Render(w, r, f.Status, failPage(f, requestID)); renderErr != nil {
		// The frame itself needs something that is gone (the database, say).
		slog.ErrorContext(ctx, "error page failed", "error", renderErr.Error(), "request_id", requestID)
		plain(w, f.Status, i18n.T(ctx, f.Key+".title")+"\n\n"+i18n.T(ctx, f.Key+".text")+"\n\n"+requestID+"\n")
	}
}

// judge classifies an error and logs what is the portal's fault. ok is false when
// the browser went away, and nobody waits for an answer.
func judge(ctx context.Context, err error, requestID string) (f failure, ok bool) {
	f = classify(ctx, err)
	if f.Status >= 500 {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			return f, false
		}
		slog.ErrorContext(ctx, "request failed", "status", f.Status, "error", err.Error(), "request_id", requestID)
	}
	return f, true
}

// Judge is Fail without a page, for answers that are none: the status and, if
// not 0, after how long to come again. Status 0 means that nobody waits.
func Judge(ctx context.Context, err error, requestID string) (status int, retry time.Duration) {
	f, ok := judge(ctx, err, requestID)
	if !ok {
		return 0, 0
	}
	return f.Status, f.Retry
}

// Plain answers before there is a reader: the session's store is away.
func Plain(w http.ResponseWriter, r *http.Request, err error, requestID string) {
	ctx := i18n.WithLang(r.Context(), i18n.Negotiate(r))
	f := classify(ctx, err)
	slog.ErrorContext(ctx, "request failed", "status", f.Status, "error", err.Error(), "request_id", requestID)
	if f.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	plain(w, f.Status, i18n.T(ctx, f.Key+".title")+"\n\n"+i18n.T(ctx, f.Key+".text")+"\n\n"+requestID+"\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// kept is a field of a form that comes back to be sent again.
type kept struct{ Name, Value string }

// Outdated answers a form whose token does not fit this browser's session: the
// session ended, or the page is from another one. What was typed comes back in
// a page that can be sent again, so nothing is lost. Passwords do not.
func Outdated(w http.ResponseWriter, r *http.Request) error {
	var fields []kept
	for name, values := range r.PostForm {
		if name == form.Token || strings.Contains(name, "password") || name == "code" {
			continue
		}
		for _, v := range values {
			fields = append(fields, kept{name, v})
		}
	}
	slices.SortStableFunc(fields, func(a, b kept) int { return strings.Compare(a.Name, b.Name) })
	return Render(w, r, http.StatusForbidden, outdatedPage(r.URL.Path, fields, session.Actor(r.Context()).SignedIn()))
}

// SignInFirst leads a visitor to the sign-in page and back afterwards.
func SignInFirst(w http.ResponseWriter, r *http.Request) error {
	to := r.URL.Path
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	if r.Method != http.MethodGet || to == "/home" {
		return Redirect(w, r, "/signin")
	}
	return Redirect(w, r, "/signin?next="+url.QueryEscape(to))
}
