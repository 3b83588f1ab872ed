package organisation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/session"
)

// alive reports whether the cookie's session still belongs to somebody.
func (o *office) alive(user id.User) int {
	return o.Count(`sessions s join users u on u.id = s.user_id where s.revoked_at is null and s.auth_epoch = u.auth_epoch and u.id = '` + user.String() + `'`)
}

func TestDeactivationStopsEverythingAndReactivationBringsItBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lens := o.active("Lens")
	ctx := t.Context()
	o.SignIn(o.acme.OwnerID)
	o.SignIn(o.acme.OwnerID)
	o.SignIn(lens.OwnerID)
	grant := o.grant(o.acme.ID, o.acme.OwnerID)
	others := o.grant(lens.ID, lens.OwnerID)
	o.key(lens.ID, others, lens.OwnerID, "theirs")
	o.key(o.acme.ID, grant, o.acme.OwnerID, "one")
	ended := o.key(o.acme.ID, grant, o.acme.OwnerID, "ended")
	o.key(o.acme.ID, grant, o.acme.OwnerID, "runs out")
	o.Exec(`update api_keys set ends_on = (@now::timestamptz + interval '10 days')::date where label = 'runs out'`, pg.Args{"now": o.DB.Now()})
	o.must(o.AskName(ctx, o.owner, "Acme Group", "We merged"))

	before, err := o.Impact(ctx, o.admin.Scope(), o.acme.ID)
	o.must(err)
	if want := (Impact{People: 1, Sessions: 2, Grants: 1, Keys: 3, Changes: 1}); before != want {
		t.Errorf("impact %+v, want %+v", before, want)
	}
	for range 2 { // a second click
		o.must(o.Deactivate(ctx, o.admin, o.acme.ID, o.acme.Version, why))
	}
	p := o.Load(o.acme.ID)
	if p.Status != partner.Deactivated || p.Version != o.acme.Version+1 {
		t.Errorf("%s, version %d", p.Status, p.Version)
	}
	if o.alive(o.acme.OwnerID) != 0 || o.alive(lens.OwnerID) != 1 {
		t.Error("SES-5: the sessions of its people, and only theirs, end")
	}
	if n := o.Count(`api_keys where paused_at is not null`); n != 3 {
		t.Errorf("%d keys paused, want 3", n)
	}
	after, err := o.Impact(ctx, o.admin.Scope(), o.acme.ID)
	o.must(err)
	if want := (Impact{People: 1}); after != want {
		t.Errorf("impact afterwards %+v, want %+v", after, want)
	}
	d, err := o.Deactivation(ctx, o.owner.Scope(), o.acme.ID)
	if err != nil || d.Reason != why || d.Name != "Ada Admin" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := o.Deactivation(ctx, owner(lens).Scope(), o.acme.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("AUT-3: another partner sees it: %v", err)
	}
	if got := o.mails(o.acme.Email); !slices.Equal(got, []string{"partner_deactivated"}) {
		t.Errorf("mails: %q", got)
	}
	if n := o.Count(`audit_log where action = 'partner.deactivated' and detail like '%"sessions","after":"2"%' and detail like '%"keys","after":"3"%' and detail like '%licence%'`); n != 1 {
		t.Errorf("%d events with the counts", n)
	}

	// Ended while it was paused: that stays so.
	o.Exec(`update api_keys set status = 'deactivated', deactivated_at = @now, deactivated_by = @by where id = @id`,
		pg.Args{"id": ended, "now": o.DB.Now(), "by": o.admin.User})
	o.clock.Advance(30 * 24 * time.Hour)
	back, err := o.Return(ctx, o.admin.Scope(), o.acme.ID)
	o.must(err)
	if want := (Return{Grants: 1, Keys: 1, EndedKeys: 2}); back != want {
		t.Errorf("return %+v, want %+v", back, want)
	}
	for range 2 {
		o.must(o.Reactivate(ctx, o.admin, o.acme.ID, p.Version, "The licence is valid again"))
	}
	now, err := o.Impact(ctx, o.admin.Scope(), o.acme.ID)
	o.must(err)
	if want := (Impact{People: 1, Grants: 1, Keys: 1}); now != want || o.Load(o.acme.ID).Status != partner.Active {
		t.Errorf("after re-activation %+v, want %+v", now, want)
	}
	events, err := pg.Values[string](ctx, o.DB.Read(), `select type from webhook_events where partner_id = @id order by position`, pg.Args{"id": o.acme.ID})
	if err != nil || !slices.Equal(events, []string{"partner.deactivated", "partner.activated"}) {
		t.Errorf("events %q, %v", events, err)
	}
	if got := o.mails(o.acme.Email); !slices.Equal(got, []string{"partner_deactivated", "partner_reactivated"}) {
		t.Errorf("mails: %q", got)
	}
}

// What hands out nothing anyway, because its policy or policy group is not in
// force, is not counted as what works, before and after.
func TestGrantsOfAClosedGroupAreNotCountedAsWorking(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.key(o.acme.ID, o.grant(o.acme.ID, o.acme.OwnerID), o.acme.OwnerID, "one")
	o.Exec(`update policy_groups set status = 'deactivated'`, nil)
	o.Exec(`insert into users (id, email, email_key, first_name, last_name, phone, lang, status, partner_id, created_at, updated_at)
		values (gen_random_uuid(), 'paul@acme.test', 'paul@acme.test', 'Paul', 'New', '', 'en', 'active', @partner, @now, @now)`,
		pg.Args{"partner": o.acme.ID, "now": o.DB.Now()})
	before, err := o.Impact(ctx, o.admin.Scope(), o.acme.ID)
	if want := (Impact{People: 1, Invited: 1}); err != nil || before != want {
		t.Errorf("impact %+v %v, want %+v", before, err, want)
	}
	o.must(o.Deactivate(ctx, o.admin, o.acme.ID, o.acme.Version, why))
	back, err := o.Return(ctx, o.admin.Scope(), o.acme.ID)
	if want := (Return{Grants: 1, Keys: 1, IdleGrants: 1, ClosedGroup: o.Load(o.acme.ID).PolicyGroup}); err != nil || back != want || back.ClosedGroup == "" {
		t.Errorf("return %+v %v, want %+v", back, err, want)
	}
}

func TestDeactivationRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	waiting := o.Pending("Wait", o.group)
	for _, reason := range []string{"", " ", "too short", strings.Repeat("x", MaxReason+1), "nul \x00 character"} {
		if got := fields(o.Deactivate(ctx, o.admin, o.acme.ID, 2, reason)); !slices.Equal(got, []string{"reason"}) {
			t.Errorf("reason %.20q: refused at %q", reason, got)
		}
	}
	for name, a := range map[string]authz.Actor{"its owner": o.owner, "a Policy Manager": o.Staff("Paul Manager", "en", authz.PolicyManager), "nobody": {}} {
		for _, err := range []error{o.Deactivate(ctx, a, o.acme.ID, 2, why), o.Reactivate(ctx, a, o.acme.ID, 2, ""), o.Deactivate(ctx, a, o.acme.ID, 2, "")} {
			if !errors.Is(err, problem.ErrDenied) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := o.Deactivate(ctx, o.admin, id.New[id.Partner](), 1, why); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no such partner: %v", err)
	}
	if err := o.Deactivate(ctx, o.admin, waiting.ID, waiting.Version, why); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a registration that waits: %v", err)
	}
	if err := o.Reactivate(ctx, o.admin, o.acme.ID, 2, why); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("one that is active: %v", err)
	}
	if err := o.Deactivate(ctx, o.admin, o.acme.ID, 1, why); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("CON-1: a stale version: %v", err)
	}
	o.must(o.Deactivate(ctx, o.admin, o.acme.ID, 2, why))
	wantConflict(t, o.Deactivate(ctx, o.Staff("Eva Second", "en", authz.PartnerAdmin), o.acme.ID, 2, why), "organisation.conflict.is_deactivated")
	for name, err := range map[string]error{
		"profile": o.EditProfile(ctx, o.owner, 3, ProfileInput{Address: "Elsewhere", Phone: "+230 123 4567", Lang: "fr"}),
		"name":    o.AskName(ctx, o.owner, "Acme Group", "We merged"),
		"address": o.AskAddress(ctx, o.owner, "new@acme.example", "We moved"),
	} {
		if !errors.Is(err, problem.ErrConflict) {
			t.Errorf("a deactivated partner changes its %s: %v", name, err)
		}
	}
}

// If any part of it cannot be written, none is.
func TestFailingPartUndoesTheDeactivation(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"mail_outbox", "webhook_events", "partner_deactivations", "audit_log"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.SignIn(o.acme.OwnerID)
			o.grant(o.acme.ID, o.acme.OwnerID)
			o.Exec(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'planted'; end $$`, nil)
			o.Exec(`create trigger planted before insert on `+table+` for each row execute function refuse()`, nil)
			if err := o.Deactivate(t.Context(), o.admin, o.acme.ID, 2, why); err == nil || !strings.Contains(err.Error(), "planted") {
				t.Fatal(err)
			}
			if o.Load(o.acme.ID).Status != partner.Active || o.alive(o.acme.OwnerID) != 1 || o.Count(`policy_requests where paused_at is not null`) != 0 {
				t.Error("half of it was done")
			}
		})
	}
}

// judged runs in one transaction what somebody does with a partner that must be
// active. A careful one locks the partner, as every area does (security.md
// CON-4); a careless one only looks. between runs after the look.
func (o *office) judged(pid id.Partner, careful bool, between func(), do func(ctx context.Context, tx *pg.Tx) error) error {
	lock := ""
	if careful {
		lock = " for share"
	}
	return o.DB.Housekeep(o.t.Context(), "use", func(tx *pg.Tx) error {
		status, err := pg.Value[string](o.t.Context(), tx, `select status from partners where id = @id`+lock, pg.Args{"id": pid})
		if err != nil {
			return err
		}
		if status != "active" {
			return problem.ErrConflict
		}
		between()
		return do(o.t.Context(), tx)
	})
}

// unpaused counts what works although its partner is deactivated.
func (o *office) unpaused() int {
	return o.Count(`(select partner_id from policy_requests where status = 'approved' and paused_at is null
		union all select partner_id from api_keys where status = 'active' and paused_at is null) x
		join partners p on p.id = x.partner_id where p.status = 'deactivated'`)
}

// uses are the two things that are done at the same moment as a deactivation.
func (o *office) uses() map[string]func(p partner.Partner, rid id.PolicyRequest) func(context.Context, *pg.Tx) error {
	return map[string]func(partner.Partner, id.PolicyRequest) func(context.Context, *pg.Tx) error{
		"a key is created": func(p partner.Partner, rid id.PolicyRequest) func(context.Context, *pg.Tx) error {
			return func(ctx context.Context, tx *pg.Tx) error {
				return insertKey(ctx, tx, id.New[id.APIKey](), p.ID, rid, p.OwnerID, "late")
			}
		},
		"a request is approved": func(p partner.Partner, _ id.PolicyRequest) func(context.Context, *pg.Tx) error {
			return func(ctx context.Context, tx *pg.Tx) error {
				return insertGrant(ctx, tx, id.New[id.PolicyRequest](), p.ID, o.policy, p.OwnerID)
			}
		},
	}
}

func TestCON4NothingIsGrantedToADeactivatedPartner(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.warm()
	for name, make := range o.uses() {
		for round := range 10 {
			p := o.active(fmt.Sprintf("%s %d", name[2:6], round))
			var rid id.PolicyRequest
			if strings.Contains(name, "key") {
				rid = o.grant(p.ID, p.OwnerID)
			}
			for _, err := range o.atOnce(
				func() error { return o.Deactivate(t.Context(), o.admin, p.ID, p.Version, why) },
				func() error { return o.judged(p.ID, true, func() {}, make(p, rid)) },
			) {
				if err != nil && !errors.Is(err, problem.ErrConflict) {
					t.Error(err)
				}
			}
			if n := o.unpaused(); n != 0 {
				t.Fatalf("%s, round %d: %d work for a deactivated partner", name, round, n)
			}
		}
	}
}

// The same test finds who does not lock: the deactivation runs between the look
// and the deed.
func TestCON4TheTestNoticesACarelessUse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	rid := o.grant(o.acme.ID, o.acme.OwnerID)
	deed := o.uses()["a key is created"](o.acme, rid)
	err := o.judged(o.acme.ID, false, func() { o.must(o.Deactivate(t.Context(), o.admin, o.acme.ID, 2, why)) }, deed)
	if err != nil || o.unpaused() != 1 {
		t.Errorf("a careless use went unnoticed: %v, %d", err, o.unpaused())
	}
}

// signInDuring stores a session, as a sign-in does, whose transaction is open
// while the partner is deactivated, and counts what is alive afterwards.
func (o *office) signInDuring() int {
	o.t.Helper()
	ctx := o.t.Context()
	o.must(o.DB.Housekeep(ctx, "sign in", func(tx *pg.Tx) error {
		err := session.Start(ctx, tx, session.New{Token: "under way", Expires: time.Now().Add(time.Hour)}, o.acme.OwnerID)
		if err != nil {
			return err
		}
		return o.Deactivate(ctx, o.admin, o.acme.ID, 2, why)
	}))
	return o.alive(o.acme.OwnerID)
}

func TestSES5NoSessionSurvivesADeactivation(t *testing.T) {
	t.Parallel()
	if n := newOffice(t).signInDuring(); n != 0 {
		t.Errorf("%d sessions survive", n)
	}
	wrong := newOffice(t)
	wrong.endSessions = func(ctx context.Context, tx *pg.Tx, pid id.Partner) (int, error) { // ends what it sees, and no epoch
		n, err := tx.Exec(ctx, `update sessions set revoked_at = now() where user_id in (select id from users where partner_id = @id)`, pg.Args{"id": pid})
		return int(n), err
	}
	if n := wrong.signInDuring(); n != 1 {
		t.Errorf("the test does not notice a session that was stored meanwhile: %d", n)
	}
}
