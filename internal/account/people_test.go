package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
)

// company is an active partner whose owner has the password good.
func (o *office) company(name string) authz.Actor {
	o.t.Helper()
	pid, uid := id.New[id.Partner](), newID()
	hash, err := o.hasher.Hash(o.t.Context(), good)
	o.must(err)
	o.must(o.db.Housekeep(o.t.Context(), "fixture", func(tx *pg.Tx) error {
		_, err := tx.Exec(o.t.Context(), `insert into partners (id, public_id, type, purpose, organisation, address, email_domain, lang, status,
				submitted_at, address_verified_at, terms_version, consented_at, created_at, updated_at)
			values (@id, @name, 'DEVICE_PROVIDER', 'Cameras', @name, 'Here', 'company.test', 'en', 'active', @now, @now, '1', @now, @now, @now)`,
			pg.Args{"id": pid, "name": name, "now": tx.Now()})
		if err != nil {
			return err
		}
		_, err = tx.Exec(o.t.Context(), `insert into users (id, email, email_key, first_name, last_name, phone, lang, password, status, partner_id, owner, created_at, updated_at)
			values (@id, @email, @email, 'Olga', @name, '', 'en', @hash, 'active', @partner, true, @now, @now)`,
			pg.Args{"id": uid, "email": strings.ToLower(name) + "@company.test", "name": name, "hash": hash, "partner": pid, "now": tx.Now()})
		return err
	}))
	p, err := byID(o.t.Context(), o.db.Read(), uid)
	o.must(err)
	return p.actor()
}

func colleague(name string) ColleagueInput {
	return ColleagueInput{ID: newID(), Email: name + "@company.test", FirstName: name, LastName: "Member", Lang: "fr"}
}

// joined is a colleague who has taken the invitation up, with the password good.
func (o *office) joined(owner authz.Actor, name string) authz.Actor {
	o.t.Helper()
	in := colleague(name)
	o.must(o.InviteColleague(o.t.Context(), owner, in))
	outcome, err := o.ResetPassword(o.t.Context(), visitor(1), o.link(challenge.Invite, in.Email), good)
	o.must(err)
	if outcome != challenge.OK {
		o.t.Fatal(outcome)
	}
	p, err := byID(o.t.Context(), o.db.Read(), in.ID)
	o.must(err)
	return p.actor()
}

func (o *office) people(owner authz.Actor) list.Page[Colleague] {
	o.t.Helper()
	p, err := o.People(o.t.Context(), owner.Scope(), owner.Partner, PeopleList.Parse(nil))
	o.must(err)
	return p
}

func wantConflict(t testing.TB, err error, key string) {
	t.Helper()
	var conflict *problem.ConflictError
	if !errors.As(err, &conflict) || conflict.Key != key {
		t.Errorf("%v, want %s", err, key)
	}
}

func TestPartnerInvitesAndRemoves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner := o.company("Acme")
	in := colleague("paul")
	o.must(o.InviteColleague(t.Context(), owner, in))
	o.must(o.InviteColleague(t.Context(), owner, in)) // a second click
	p := o.people(owner)
	if len(p.Items) != 2 || p.Items[1].Status != Invited || p.Items[1].Owner || !p.Items[0].Owner {
		t.Fatalf("%+v", p.Items)
	}
	if got := o.mails(in.Email); !slices.Equal(got, []string{string(mail.ColleagueInvitation)}) {
		t.Errorf("mails: %q", got)
	}
	first := o.link(challenge.Invite, in.Email)
	o.clock.Advance(2 * time.Minute)
	o.must(o.InviteColleagueAgain(t.Context(), owner, in.ID))
	if outcome, err := o.ResetPassword(t.Context(), visitor(1), first, good); outcome == challenge.OK || err != nil {
		t.Errorf("the link of the earlier mail: %s, %v", outcome, err)
	}
	outcome, err := o.ResetPassword(t.Context(), visitor(1), o.link(challenge.Invite, in.Email), good)
	if err != nil || outcome != challenge.OK {
		t.Fatal(outcome, err)
	}
	session := token()
	entry, err := o.SignIn(t.Context(), visitor(2), Credentials{Email: in.Email, Password: good}, starter(session))
	o.must(err)
	if !slices.Equal(entry.Actor.Roles, []authz.Role{authz.DeviceProvider}) || entry.Actor.Partner != owner.Partner {
		t.Errorf("a member is %+v", entry.Actor)
	}
	o.must(o.RemoveColleague(t.Context(), owner, in.ID, 1))
	o.must(o.RemoveColleague(t.Context(), owner, in.ID, 1)) // a second click
	if who := o.whose(session); who.SignedIn() {
		t.Errorf("SES-5: the session of a removed person is still %s's", who.Name)
	}
	if _, err := o.SignIn(t.Context(), visitor(3), Credentials{Email: in.Email, Password: good}, starter(token())); !errors.Is(err, ErrWrong) {
		t.Errorf("a removed person signs in: %v", err)
	}
	if _, err := o.Colleague(t.Context(), owner.Scope(), in.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a removed person is shown: %v", err)
	}
	if got := o.mails(in.Email); !slices.Contains(got, string(mail.ColleagueRemoved)) {
		t.Errorf("mails: %q", got)
	}
	again := colleague("paul") // the address is free again
	o.must(o.InviteColleague(t.Context(), owner, again))
	if n := o.count(`users where first_name = 'paul'`, nil); n != 2 {
		t.Errorf("%d people called paul, want the removed one and the new one", n)
	}
	log := o.actions()
	for _, want := range []audit.Action{audit.StaffInvited, audit.StaffInvitedAgain, audit.ColleagueRemoved} {
		if !has(log, want, "done paul Member") {
			t.Errorf("no %s in %q", want, log)
		}
	}
}

// An invitation is no way into a partner that was deactivated since, neither by
// its own link nor by one that the invited person asked for; afterwards it is.
func TestNobodyJoinsADeactivatedPartner(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner, in := o.company("Acme"), colleague("paul")
	o.must(o.InviteColleague(t.Context(), owner, in))
	move := func(to string) {
		o.must(o.db.Housekeep(t.Context(), "move", func(tx *pg.Tx) error {
			_, err := tx.Exec(t.Context(), `update partners set status = @to where id = @id`, pg.Args{"to": to, "id": owner.Partner})
			return err
		}))
	}
	move("deactivated")
	o.must(o.ForgotPassword(t.Context(), visitor(1), in.Email, "en"))
	links := map[challenge.Purpose]string{challenge.Invite: o.link(challenge.Invite, in.Email), challenge.Reset: o.link(challenge.Reset, in.Email)}
	for purpose, link := range links {
		l, outcome, err := o.Link(t.Context(), link)
		if err != nil || outcome != challenge.Wrong || l.KeptOut != "Acme" || l.Email != "" {
			t.Errorf("%s: %s %+v %v", purpose, outcome, l, err)
		}
		if outcome, err := o.ResetPassword(t.Context(), visitor(1), link, good); err != nil || outcome != challenge.Wrong {
			t.Errorf("%s: %s %v", purpose, outcome, err)
		}
	}
	// Who came before can still sign in, and so can get a new password.
	o.must(o.ForgotPassword(t.Context(), visitor(1), owner.Email, "en"))
	if _, outcome, err := o.Link(t.Context(), o.link(challenge.Reset, owner.Email)); err != nil || outcome != challenge.OK {
		t.Errorf("the owner: %s %v", outcome, err)
	}
	move("active")
	if outcome, err := o.ResetPassword(t.Context(), visitor(1), links[challenge.Invite], good); err != nil || outcome != challenge.OK {
		t.Errorf("afterwards: %s %v", outcome, err)
	}
}

func TestInvitingColleaguesRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner, other := o.company("Acme"), o.company("Lens")
	member := o.joined(owner, "mia")
	bad := func(change func(*ColleagueInput)) error {
		in := colleague("new")
		change(&in)
		return o.InviteColleague(t.Context(), owner, in)
	}
	wantField(t, bad(func(in *ColleagueInput) { in.Email = "" }), "email", "problem.required")
	wantField(t, bad(func(in *ColleagueInput) { in.Email = other.Email }), "email", "staff.problem.email_taken")
	wantField(t, bad(func(in *ColleagueInput) { in.FirstName = "\x00" }), "first_name", "problem.bad_characters")
	wantField(t, bad(func(in *ColleagueInput) { in.Lang = "tlh" }), "lang", "problem.choose")
	wantField(t, bad(func(in *ColleagueInput) { in.ID, in.Email = other.User, other.Email }), "email", "staff.problem.email_taken")
	if err := bad(func(in *ColleagueInput) { in.ID = other.User }); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("somebody else's id: %v", err)
	}
	before := o.count("users", nil)
	for name, err := range map[string]error{
		"invite":       o.InviteColleague(t.Context(), member, colleague("x")),
		"invite badly": o.InviteColleague(t.Context(), member, ColleagueInput{}),
		"invite again": o.InviteColleagueAgain(t.Context(), member, owner.User),
		"remove":       o.RemoveColleague(t.Context(), member, owner.User, 1),
		"hand over":    o.HandOver(t.Context(), member, member.User, good),
		"appoint":      o.Appoint(t.Context(), owner, owner.Partner, owner.User, member.User, "They have left us"),
	} {
		if !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"invite again": o.InviteColleagueAgain(t.Context(), other, member.User),
		"remove":       o.RemoveColleague(t.Context(), other, member.User, 1),
		"hand over":    o.HandOver(t.Context(), other, member.User, good),
		"nobody":       o.RemoveColleague(t.Context(), owner, newID(), 1),
	} {
		if !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("AUT-3: %s of another partner's: %v", name, err)
		}
	}
	if p, err := o.People(t.Context(), other.Scope(), owner.Partner, PeopleList.Parse(nil)); err != nil || len(p.Items) != 0 {
		t.Errorf("AUT-2: another partner's people: %+v, %v", p.Items, err)
	}
	if n := o.count("users", nil); n != before {
		t.Errorf("%d accounts, want %d", n, before)
	}
	wantConflict(t, o.RemoveColleague(t.Context(), owner, owner.User, 1), "people.conflict.owner")
	if err := o.RemoveColleague(t.Context(), owner, member.User, 7); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a stale version: %v", err)
	}
}

func TestPartnerHasAtMostTwentyFivePeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner := o.company("Acme")
	for n := range MaxPeople - 2 {
		o.must(o.InviteColleague(t.Context(), owner, colleague(fmt.Sprint("p", n))))
	}
	won := 0
	for _, err := range atOnce(4, func(n int) error { return o.InviteColleague(t.Context(), owner, colleague(fmt.Sprint("q", n))) }) {
		if err == nil {
			won++
		} else {
			wantConflict(t, err, "people.conflict.full")
		}
	}
	if n := len(o.people(owner).Items); won != 1 || n != MaxPeople {
		t.Errorf("%d got in, %d people", won, n)
	}
}

func TestOwnershipIsHandedOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner := o.company("Acme")
	member := o.joined(owner, "mia")
	invited := colleague("ines")
	o.must(o.InviteColleague(t.Context(), owner, invited))
	session := token()
	_, err := o.SignIn(t.Context(), visitor(2), Credentials{Email: member.Email, Password: good}, starter(session))
	o.must(err)
	wantField(t, o.HandOver(t.Context(), owner, member.User, ""), "current", "problem.required")
	wantField(t, o.HandOver(t.Context(), owner, member.User, other), "current", "account.problem.current_wrong")
	o.clock.Advance(time.Minute)
	wantConflict(t, o.HandOver(t.Context(), owner, invited.ID, good), "people.conflict.not_joined")
	o.must(o.HandOver(t.Context(), owner, member.User, good))
	o.must(o.HandOver(t.Context(), owner, member.User, "")) // a second click
	now := o.whose(session)
	if !now.Is(authz.PartnerOwner) {
		t.Error("the new owner's session does not know it")
	}
	before, err := byID(t.Context(), o.db.Read(), owner.User)
	o.must(err)
	if before.actor().Is(authz.PartnerOwner) {
		t.Error("the former owner is still one")
	}
	for _, to := range []string{owner.Email, member.Email} {
		if got := o.mails(to); !slices.Contains(got, string(mail.OwnershipChanged)) {
			t.Errorf("%s was not told: %q", to, got)
		}
	}
	if log := o.actions(); !has(log, audit.OwnershipHandedOver, "done Acme") || !has(log, audit.OwnershipHandedOver, "failed Olga Acme") {
		t.Errorf("log: %q", log)
	}
	if err := o.RemoveColleague(t.Context(), now, owner.User, before.Version); err != nil {
		t.Errorf("the new owner removes the former one: %v", err)
	}
}

func TestAdminAppointsAnOwner(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner := o.company("Acme")
	member, second := o.joined(owner, "mia"), o.joined(owner, "sam")
	admin := o.staff("admin", authz.PartnerAdmin)
	wantField(t, o.Appoint(t.Context(), admin, owner.Partner, owner.User, member.User, "Left"), "reason", "problem.too_short")
	if err := o.Appoint(t.Context(), admin, owner.Partner, owner.User, admin.User, "They have left the company"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("somebody else's person: %v", err)
	}
	for range 2 {
		o.must(o.Appoint(t.Context(), admin, owner.Partner, owner.User, member.User, "They have left the company"))
	}
	wantConflict(t, o.Appoint(t.Context(), admin, owner.Partner, owner.User, second.User, "They have left the company"), "people.conflict.other_owner")
	if n := o.count(`audit_log where action = 'partner.ownership_handed_over' and result = 'done' and detail like '%left the company%'`, nil); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Whatever happens at the same moment, a partner has one owner (security.md CON-2).
func TestCON2OneOwnerAtAnyMoment(t *testing.T) {
	t.Parallel()
	keys := randomKeys()
	offices := replicas(t, 2, keys)
	o := offices[0]
	o.hasher, offices[1].hasher = serviceOn(o.db, keys).hasher, serviceOn(o.db, keys).hasher
	owner := o.company("Acme")
	var members []authz.Actor
	for n := range 4 {
		members = append(members, o.joined(owner, fmt.Sprint("m", n)))
	}
	admin := o.staff("admin", authz.PartnerAdmin)
	for _, err := range atOnce(8, func(n int) error {
		at := offices[n%2]
		if n < 4 {
			return at.Appoint(t.Context(), admin, owner.Partner, owner.User, members[n].User, "They have left the company")
		}
		return at.RemoveColleague(t.Context(), owner, members[n-4].User, 1)
	}) {
		if err != nil && !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	won := o.count(`audit_log where action = 'partner.ownership_handed_over' and result = 'done'`, nil)
	if n := o.count(`users where owner and status = 'active'`, nil); n != 1 || won > 1 {
		t.Errorf("%d owners, %d changes", n, won)
	}
}

// If any part cannot be written, none is.
func TestFailingPartUndoesTheRemoval(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"mail_outbox", "audit_log"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			owner := o.company("Acme")
			member := o.joined(owner, "mia")
			o.must(o.db.Housekeep(t.Context(), "plant", func(tx *pg.Tx) error {
				_, err := tx.Exec(t.Context(), `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'planted'; end $$`, nil)
				if err == nil {
					_, err = tx.Exec(t.Context(), `create trigger planted before insert on `+table+` for each row execute function refuse()`, nil)
				}
				return err
			}))
			if err := o.RemoveColleague(t.Context(), owner, member.User, 1); err == nil {
				t.Fatal("it succeeded")
			}
			if n := o.count(`users where first_name = 'mia' and status = 'active' and email <> '' and password is not null`, nil); n != 1 {
				t.Error("half of it was done")
			}
		})
	}
}
