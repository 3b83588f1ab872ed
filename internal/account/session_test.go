package account

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
)

// The database holds the hash of what the browser has, never the value.
func TestSES2EverySignInHasItsOwnToken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	one, two := token(), token()
	o.signedIn("owner", one)
	o.signedIn("owner", two)
	if string(o.whose(one).Session) == string(o.whose(two).Session) {
		t.Error("two browsers share a session")
	}
	if o.whose(token()).SignedIn() {
		t.Error("an unknown token is somebody")
	}
	if _, err := o.SignIn(t.Context(), visitor(1), Credentials{Email: "owner@office.test", Password: good}, starter(one)); err == nil {
		t.Error("a token was used twice")
	}
}

func TestSES3LimitsByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	for name, c := range map[string]struct {
		shift string
		lives bool
	}{
		"idle 14 min":    {`last_seen_at = now() - interval '14 minutes'`, true},
		"idle 15 min":    {`last_seen_at = now() - interval '15 minutes'`, false},
		"at its end":     {`expires_at = now()`, false},
		"8 h less 1 min": {`expires_at = now() + interval '1 minute'`, true},
	} {
		tok := token()
		o.signedIn("owner", tok)
		o.must(o.db.Housekeep(t.Context(), "shift", func(tx *pg.Tx) error {
			return pg.Exec1(t.Context(), tx, `update sessions set `+c.shift+` where token = @t`, pg.Args{"t": tok})
		}))
		if o.whose(tok).SignedIn() != c.lives {
			t.Errorf("%s: signed in is %t", name, !c.lives)
		}
	}
	var until time.Time
	_, err := o.SignIn(t.Context(), visitor(1), Credentials{Email: "owner@office.test", Password: good}, func(end time.Time) (session.New, error) {
		until = end
		return starter(token())(end)
	})
	o.must(err)
	if want := o.db.Now().Add(session.StaffLifetime); !until.Equal(want) && until.Sub(want).Abs() > time.Minute {
		t.Errorf("a staff session ends at %s", until)
	}
}

// A request that is in flight during the sign-out brings nothing back.
func TestSES4SignOutIsFinal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	tok := token()
	a := o.signedIn("owner", tok)
	store := session.NewStore(o.db)
	flight, found, err := store.FindCtx(t.Context(), tok) // the other request has begun
	if err != nil || !found {
		t.Fatal(found, err)
	}
	o.must(o.SignOut(t.Context(), a))
	o.must(store.CommitCtx(t.Context(), tok, flight, time.Now().Add(time.Hour))) // and ends
	if o.whose(tok).SignedIn() {
		t.Error("the old cookie is signed in again")
	}
	o.must(o.SignOut(t.Context(), a)) // a second click
	if n := o.count(`audit_log where action = @a`, pg.Args{"a": string(audit.SignedOut)}); n != 1 {
		t.Errorf("%d events", n)
	}
	if n := o.count(`sessions where token = @t and revoked_at is not null and data = ''`, pg.Args{"t": tok}); n != 1 {
		t.Error("there is no tombstone")
	}
}

// Nobody ends another's session by its hash.
func TestSES4SignOutEndsOnesOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.staff("owner", authz.PolicyManager)
	thief := o.staff("thief", authz.PolicyManager)
	tok := token()
	o.signedIn("owner", tok)
	thief.Session, _ = base64.RawURLEncoding.DecodeString(tok)
	o.must(o.SignOut(t.Context(), thief))
	if !o.whose(tok).SignedIn() {
		t.Error("somebody else's session ended")
	}
}

// What changes rights is seen by the next request, at every replica.
func TestSES5NextRequestKnows(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(o *office, admin, owner authz.Actor) error{
		"role": func(o *office, admin, owner authz.Actor) error {
			return o.SetRoles(o.t.Context(), admin, owner.User, 1, []authz.Role{authz.PartnerAdmin})
		},
		"deactivated": func(o *office, admin, owner authz.Actor) error {
			return o.Deactivate(o.t.Context(), admin, owner.User, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			three := replicas(t, 3, randomKeys())
			o := three[0]
			admin, owner := o.staff("admin", authz.PartnerAdmin), o.staff("owner", authz.PolicyManager)
			tok := token()
			o.signedIn("owner", tok)
			for _, at := range three {
				if !at.whose(tok).Is(authz.PolicyManager) {
					t.Fatal("a replica does not know the session")
				}
			}
			o.must(change(o, admin, owner))
			for i, at := range three {
				if at.whose(tok).SignedIn() {
					t.Errorf("replica %d still lets the old session in", i)
				}
			}
		})
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.staff("owner", authz.PolicyManager)
	in := ProfileInput{FirstName: "  Zoé ", LastName: "Ånderson", Phone: "+33 123456789", Lang: "fr"}
	o.must(o.EditProfile(t.Context(), a, 1, in))
	o.must(o.EditProfile(t.Context(), a, 1, in)) // a second click
	if err := o.EditProfile(t.Context(), a, 1, ProfileInput{FirstName: "X", LastName: "Y", Lang: "fr"}); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("an old form: %v", err)
	}
	p, err := o.Profile(t.Context(), a)
	o.must(err)
	if p.FirstName != "Zoé" || p.LastName != "Ånderson" || p.Phone != "+33 123456789" || p.Lang != "fr" || p.Version != 2 {
		t.Errorf("%+v", p)
	}
	o.must(o.SetLanguage(t.Context(), a, "ar"))
	o.must(o.SetLanguage(t.Context(), a, "ar"))
	wantField(t, o.SetLanguage(t.Context(), a, "xx"), "lang", "problem.choose")
	if n := o.count(`audit_log where action = 'user.profile_changed'`, nil); n != 2 {
		t.Errorf("%d events", n)
	}
	if n := o.count(`audit_log where detail like '%123456789%'`, nil); n != 0 {
		t.Error("the phone number stands in the log")
	}
	for field, bad := range map[string]ProfileInput{
		"first_name": {FirstName: "", LastName: "Y", Lang: "en"},
		"last_name":  {FirstName: "X", LastName: string(make([]byte, 70)), Lang: "en"},
		"phone":      {FirstName: "X", LastName: "Y", Phone: "call me", Lang: "en"},
		"lang":       {FirstName: "X", LastName: "Y", Lang: "tlh"},
	} {
		var invalid *problem.InvalidError
		if err := o.EditProfile(t.Context(), a, 3, bad); !errors.As(err, &invalid) || invalid.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
