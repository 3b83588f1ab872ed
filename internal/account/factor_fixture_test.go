package account

import (
	"encoding/base32"
	"strings"
	"time"

	"portal/internal/authz"
	"portal/internal/factor"
	"portal/internal/session"
)

// phone is somebody's authenticator app, with the codes on paper.
type phone struct {
	factor.Secret
	recovery []string
}

// onward is a browser that goes on with the session called token.
func onward(token string) func() (session.New, error) {
	return func() (session.New, error) {
		return session.New{Token: token, IP: "10.0.0.1", UserAgent: "test", Expires: time.Now().Add(time.Hour)}, nil
	}
}

// enrol gives somebody a second factor and returns who they are in the session that
// goes on.
func (o *office) enrol(a authz.Actor) (authz.Actor, phone) {
	o.t.Helper()
	_, err := o.SetUpFactor(o.t.Context(), a, good)
	o.must(err)
	_, secret, err := o.beingSetUp(o.t.Context(), a.User)
	o.must(err)
	tok := token()
	actor, codes, err := o.ConfirmFactor(o.t.Context(), a, secret.Code(o.now()), onward(tok))
	o.must(err)
	o.nextStep()
	return actor, phone{secret, codes}
}

func (o *office) now() time.Time { return o.db.Now() }

// nextStep waits until an app shows another code.
func (o *office) nextStep() { o.clock.Advance(30 * time.Second) }

// password signs somebody in as far as the password does.
func (o *office) password(name string) string {
	o.t.Helper()
	e, err := o.SignIn(o.t.Context(), visitor(1), Credentials{Email: name + "@office.test", Password: good}, starter(token()))
	o.must(err)
	if e.Pending == "" || e.Actor.SignedIn() {
		o.t.Fatalf("the password alone let %s in", name)
	}
	return e.Pending
}

// code brings the code of a pending sign-in; the session is called tok.
func (o *office) code(pending, typed, tok string) (Entry, error) {
	return o.SignInCode(o.t.Context(), visitor(1), pending, typed, starter(tok))
}

// wrong is a code that the app does not show around now.
func (o *office) wrong(p phone) string {
	for _, candidate := range []string{"000000", "111111", "222222", "333333"} {
		if _, fits := p.Step(candidate, o.now()); !fits {
			return candidate
		}
	}
	panic("four codes fit at once")
}

// dump is everything that the database holds, as text and as bytes.
func (o *office) dump() string {
	o.t.Helper()
	tables, err := valuesOf(o, `select quote_ident(table_name) from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`)
	o.must(err)
	var all strings.Builder
	for _, table := range tables {
		rows, err := valuesOf(o, `select to_jsonb(t)::text from `+table+` t`)
		o.must(err)
		all.WriteString(table + "\n" + strings.Join(rows, "\n") + "\n")
	}
	return all.String()
}

// onwardNoting is onward, and notes that it was asked.
func onwardNoting(asked *bool) func() (session.New, error) {
	return func() (session.New, error) {
		*asked = true
		return onward(token())()
	}
}

func base32Bytes(text string) ([]byte, error) {
	return base32.StdEncoding.DecodeString(strings.ReplaceAll(text, " ", ""))
}
