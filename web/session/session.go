// Package session joins the cookie, scs and the session table. A visitor has no
// row: until somebody signs in, a random cookie alone binds form tokens to the
// browser. It decides nothing about who may do what.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"portal/internal/authz"
	"portal/internal/secret"
	"portal/internal/session"
)

// Manager hands out and takes back sessions.
type Manager struct {
	scs    *scs.SessionManager
	keys   secret.Keys
	secure bool
}

// New makes a manager. secure is whether the portal is reached by https: then
// cookies carry the __Host- prefix and Secure (security.md SES-1).
func New(store *session.Store, keys secret.Keys, secure bool) *Manager {
	sm := scs.New()
	sm.Store = store
	sm.Codec = session.Codec{}
	sm.HashTokenInStore = true
	sm.IdleTimeout = 0 // the store judges idleness; scs would revive sessions (security.md M1)
	sm.Lifetime = session.PartnerLifetime
	sm.Cookie.Name = cookieName("portal", secure)
	sm.Cookie.Secure = secure
	sm.Cookie.HttpOnly = true
	sm.Cookie.SameSite = http.SameSiteLaxMode
	sm.Cookie.Persist = false
	sm.Cookie.Path = "/"
	return &Manager{scs: sm, keys: keys, secure: secure}
}

func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

type stateKey struct{}

type state struct {
	manager *Manager
	actor   authz.Actor
	visitor string // value of the visitor's cookie
	fresh   bool   // the visitor's cookie is to be sent
	cookie  string // the session's cookie as the browser sent it
}

// Load finds out who sends the request and puts them into its context. who
// brings the address and request id. An error means that the store does not
// answer: nobody is then treated as a visitor (security.md SES-7).
func (m *Manager) Load(r *http.Request, who authz.Actor) (*http.Request, error) {
	ctx, holder := session.WithHolder(r.Context())
	st := &state{manager: m, actor: who}
	if c, err := r.Cookie(m.scs.Cookie.Name); err == nil && len(c.Value) <= 64 {
		st.cookie = c.Value
	}
	ctx, err := m.scs.Load(ctx, st.cookie)
	if err != nil {
		return nil, err
	}
	if holder.Actor.SignedIn() {
		holder.Actor.IP, holder.Actor.RequestID = who.IP, who.RequestID
		st.actor = holder.Actor
	}
	if c, err := r.Cookie(cookieName("visitor", m.secure)); err == nil && len(c.Value) == 22 {
		st.visitor = c.Value
	}
	return r.WithContext(context.WithValue(ctx, stateKey{}, st)), nil
}

func of(ctx context.Context) *state {
	st, _ := ctx.Value(stateKey{}).(*state)
	return st
}

// Actor is who sends the request.
func Actor(ctx context.Context) authz.Actor {
	if st := of(ctx); st != nil {
		return st.actor
	}
	return authz.Actor{Roles: []authz.Role{authz.Visitor}}
}

// HasCookie reports whether the browser sent a session or visitor cookie.
func HasCookie(ctx context.Context) bool {
	st := of(ctx)
	return st != nil && (st.cookie != "" || st.visitor != "")
}

// Save writes what changed: the session's values and its cookie, and a new
// visitor's cookie. It must run before the first byte of the answer; page does.
func Save(ctx context.Context, w http.ResponseWriter) error {
	st := of(ctx)
	if st == nil {
		return nil
	}
	m := st.manager
	switch m.scs.Status(ctx) {
	case scs.Modified:
		if !st.actor.SignedIn() {
			break // nothing of a visitor is stored
		}
		token, expiry, err := m.scs.Commit(ctx)
		if err != nil {
			return err
		}
		if token != st.cookie {
			m.scs.WriteSessionCookie(ctx, w, token, expiry)
		}
	case scs.Destroyed:
		m.scs.WriteSessionCookie(ctx, w, "", time.Time{})
	case scs.Unmodified:
	}
	if st.fresh {
		http.SetCookie(w, m.Cookie("visitor", st.visitor, 0))
	}
	return nil
}

// Cookie makes a cookie of the portal: __Host- where possible, for this host
// alone, unreadable for scripts. maxAge 0 is "until the browser closes",
// negative deletes it.
func (m *Manager) Cookie(name, value string, maxAge time.Duration) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure is off only where there is no https
		Name: cookieName(name, m.secure), Value: value, Path: "/", Secure: m.secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, MaxAge: int(maxAge / time.Second),
	}
}

// Read is the value of a cookie made by Cookie, "" if there is none.
func (m *Manager) Read(r *http.Request, name string) string {
	if c, err := r.Cookie(cookieName(name, m.secure)); err == nil {
		return c.Value
	}
	return ""
}

// Prepare gives the request's session a new token (security.md SES-2) and
// returns the row that session.Start must store for it. until is the absolute
// end. Call Adopt once the row is stored.
func Prepare(r *http.Request, until time.Time) (session.New, error) {
	st := of(r.Context())
	ctx := r.Context()
	if err := st.manager.scs.RenewToken(ctx); err != nil {
		return session.New{}, err
	}
	st.manager.scs.SetDeadline(ctx, until)
	return session.New{Token: hash(st.manager.scs.Token(ctx)), IP: st.actor.IP.String(), UserAgent: r.UserAgent(), Expires: until}, nil
}

// Replace is Prepare for a session that goes on with the end it has, for
// session.Renew: the old row is ended in the change that stores the new one.
func Replace(r *http.Request) (session.New, error) {
	until := Until(r.Context())
	return Prepare(r.WithContext(session.Kept(r.Context())), until)
}

// Adopt makes the rest of the request act as the user who has just signed in.
func Adopt(ctx context.Context, a authz.Actor) { of(ctx).actor = a }

// Until is the absolute end of the request's session.
func Until(ctx context.Context) time.Time { return of(ctx).manager.scs.Deadline(ctx) }

// End ends the session; the answer takes the cookie away.
func End(ctx context.Context) error {
	st := of(ctx)
	if err := st.manager.scs.Destroy(ctx); err != nil {
		return err
	}
	st.actor = authz.VisitorAt(st.actor.IP, st.actor.RequestID)
	return nil
}

// hash is how scs looks tokens up in the store.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Put keeps a text for a later page of a signed-in user; Pop takes it out.
func Put(ctx context.Context, key, value string) {
	if st := of(ctx); st != nil && st.actor.SignedIn() {
		st.manager.scs.Put(ctx, key, value)
	}
}

// Pop see Put.
func Pop(ctx context.Context, key string) string {
	if st := of(ctx); st != nil && st.actor.SignedIn() {
		return st.manager.scs.PopString(ctx, key)
	}
	return ""
}

// FormToken is the value that binds a form to this browser's session
// (security.md WEB-1). It is masked anew for every page, so that compression
// cannot betray it. For a visitor without a cookie it makes one.
func FormToken(ctx context.Context) string {
	st := of(ctx)
	if st == nil {
		return ""
	}
	if !st.actor.SignedIn() && st.visitor == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails
		st.visitor, st.fresh = base64.RawURLEncoding.EncodeToString(b[:]), true
	}
	token := st.token()
	masked := make([]byte, 2*len(token))
	_, _ = rand.Read(masked[:len(token)])
	subtle.XORBytes(masked[len(token):], token, masked[:len(token)])
	return base64.RawURLEncoding.EncodeToString(masked)
}

func (st *state) token() []byte {
	if st.actor.SignedIn() {
		return st.manager.keys.MAC("form", []byte("session"), st.actor.Session)[:16]
	}
	return st.manager.keys.MAC("form", []byte("visitor"), []byte(st.visitor))[:16]
}

// ValidFormToken reports whether FormToken made the value for this browser.
func ValidFormToken(ctx context.Context, value string) bool {
	st := of(ctx)
	if st == nil || !st.actor.SignedIn() && st.visitor == "" {
		return false
	}
	masked, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(masked) != 32 {
		return false
	}
	token := make([]byte, 16)
	subtle.XORBytes(token, masked[:16], masked[16:])
	return subtle.ConstantTimeCompare(token, st.token()) == 1
}
