package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"portal/internal/authz"
	"portal/internal/problem"
	"portal/web/page"
)

type idKey struct{}

// requestID is made here and never taken from a client (security.md INJ-3).
func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		id := hex.EncodeToString(b[:])
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), idKey{}, id)))
	})
}

func requestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

// clientIP is the address that counts: the connection's, or what a trusted
// proxy says (security.md LGN-4).
func clientIP(r *http.Request) netip.Addr {
	if ip, err := netip.ParseAddr(middleware.GetClientIP(r.Context())); err == nil {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip, _ := netip.ParseAddr(host)
	return ip
}

// csp is the whole policy: no inline code, no other site (design README,
// decision 6).
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// securityHeaders go with every answer (security.md WEB-3, WEB-4). HSTS makes
// sense only where browsers come by https.
func securityHeaders(secure bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", csp)
			h.Set("X-Content-Type-Options", "nosniff")
			// Not "same-origin": with that, browsers send "Origin: null" with every form,
			// and the exact origin could not be asked for (WEB-1). No other site learns
			// more this way.
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("X-Frame-Options", "DENY")
			h.Set("Permissions-Policy", "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "+
				"magnetometer=(), microphone=(), midi=(), payment=(), usb=(), xr-spatial-tracking=()")
			if secure {
				h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// observe writes one line per request and counts it: the row of the route
// table, never the query, which may hold what somebody searched for.
func observe(m *metrics) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			rec := &recorder{ResponseWriter: w}
			next.ServeHTTP(rec, r)
			took := time.Since(start)
			pattern := chi.RouteContext(r.Context()).RoutePattern()
			m.request(r.Method, pattern, rec.status, took)
			slog.InfoContext(r.Context(), "request", "method", r.Method, "route", pattern, "status", rec.status,
				"bytes", rec.bytes, "ms", took.Milliseconds(), "ip", clientIP(r).String(), "request_id", requestIDOf(r.Context()))
		})
	}
}

// recoverer turns a panic into the error page; the process lives on.
func recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // the documented way to compare it
				panic(p)
			}
			slog.ErrorContext(r.Context(), "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()), "request_id", requestIDOf(r.Context()))
			page.Fail(w, r, fmt.Errorf("panic: %v", p))
		}()
		next.ServeHTTP(w, r)
	})
}

// known answers 421 for a host that is not the portal's (security.md INJ-6),
// so that no page and no mail can be made to name another one.
func known(host string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != host {
				http.Error(w, "This host is not served here.", http.StatusMisdirectedRequest)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// limits bounds the address, the time and how many requests are served at once
// (security.md LIM-1, LIM-2).
func limits(next http.Handler) http.Handler {
	const longest, atOnce, waiting = 4 << 10, 200, 200
	throttled := middleware.ThrottleWithOpts(middleware.ThrottleOpts{
		Limit: atOnce, BacklogLimit: waiting,
		BacklogTimeout: 5 * time.Second, StatusCode: http.StatusServiceUnavailable,
		RetryAfterFn: func(bool) time.Duration { return 2 * time.Second },
	})
	return throttled(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.RequestURI) > longest {
			http.Error(w, "The address is too long.", http.StatusRequestURITooLong)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	}))
}

// identify loads the session and puts the reader into the request. When the
// store is away nobody is treated as a visitor (security.md SES-7).
func identify(site *page.Site) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			loaded, err := site.Sessions.Load(r, authz.VisitorAt(clientIP(r), requestIDOf(r.Context())))
			if err != nil {
				page.Plain(w, r, err, requestIDOf(r.Context()))
				return
			}
			next.ServeHTTP(w, site.With(loaded))
		})
	}
}

// shared puts the site into a request whose answer anybody may keep: nobody's
// session is read.
func shared(site *page.Site) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, site.Shared(r)) })
	}
}

func notFound(w http.ResponseWriter, r *http.Request) { page.Fail(w, r, problem.ErrNotFound) }
