package partneradmin_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/pg"
	"portal/web/webtest"
)

const why = "Their licence was withdrawn"

// office is a portal with the browsers of a Partner Admin and of an admitted
// partner's owner.
type office struct {
	*webtest.Site
	admin, owner *webtest.Client
	asOwner      authz.Actor // with the rights that an owner has
	path         string      // of the partner's page
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s := webtest.New(t)
	o := &office{Site: s, admin: s.Staff(authz.PartnerAdmin), owner: s.Admitted(authz.AuthPartner)}
	o.asOwner = o.owner.Actor
	o.asOwner.Roles = append(o.asOwner.Roles, authz.PartnerOwner)
	o.path = "/partners/" + o.owner.Actor.Partner.String()
	return o
}

func TestPartnerIsDeactivatedAndReactivated(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(o.App.Organisations.AskName(t.Context(), o.asOwner, "Acme Holding", "We merged"))
	ask := o.admin.Get(o.path).Want(http.StatusOK).Click("Deactivate").Want(http.StatusOK)
	webtest.WantText(t, ask, "1 open session ends", "1 change that it asked for is withdrawn", "1 person of the partner is told")
	if p := ask.Submit(webtest.Values{"reason": "short"}).Want(http.StatusUnprocessableEntity); p.FieldError("reason") == "" || webtest.Value(p, "reason") != "short" {
		t.Errorf("%s", p.Text())
	}
	for range 2 { // a second click
		if p := ask.Submit(webtest.Values{"reason": why}).Want(http.StatusOK); p.Path != o.path || !p.Has(why) || !p.Has("deactivated this partner on") {
			t.Errorf("at %s: %s", p.Path, p.Text())
		}
	}
	if p := o.owner.Get("/people"); p.Path != "/signin?next=%2Fpeople" {
		t.Errorf("SES-5: the owner's session still reaches %s", p.Path)
	}
	back := o.SignedIn(o.owner.Actor.Email)
	home := back.Get("/home").Want(http.StatusOK)
	webtest.WantText(t, home, "was deactivated on", why, "ask the office that admitted you")
	for _, path := range []string{"/people", "/organisation", "/organisation/edit"} {
		back.Get(path).Want(http.StatusForbidden)
	}
	if p := o.admin.Get(o.path + "/deactivate").Want(http.StatusOK); p.Path != o.path {
		t.Errorf("deactivating again is offered at %s", p.Path)
	}
	again := o.admin.Get(o.path).Click("Re-activate").Want(http.StatusOK)
	webtest.WantText(t, again, "Sessions and withdrawn changes do not come back")
	if p := again.Submit(webtest.Values{"reason": "The licence is valid again"}).Want(http.StatusOK); p.Path != o.path || !p.Has("is active again") {
		t.Errorf("at %s: %s", p.Path, p.Text())
	}
	back.Get("/people").Want(http.StatusOK)
	webtest.WantText(t, back.Get("/home").Want(http.StatusOK), "The organisation was deactivated."+why, "The organisation was re-activated.The licence is valid again")
	mails := o.Mails(o.owner.Actor.Email)
	if last := mails[len(mails)-1].Text; !strings.Contains(last, "The licence is valid again") {
		t.Errorf("the last mail says %q", last)
	}
}

func TestNobodyJoinsADeactivatedPartnerAndAClosedGroupIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := account.ColleagueInput{ID: id.New[id.User](), Email: "paul@acme.test", FirstName: "Paul", LastName: "New", Lang: "en"}
	o.must(o.App.Accounts.InviteColleague(t.Context(), o.asOwner, in))
	mails := o.Mails(in.Email)
	link := regexp.MustCompile(`/reset\?token=\S+`).FindString(mails[len(mails)-1].Text)
	ask := o.admin.Get(o.path + "/deactivate").Want(http.StatusOK)
	webtest.WantText(t, ask, "1 invited person cannot join meanwhile", "1 person of the partner is told")
	ask.Submit(webtest.Values{"reason": why}).Want(http.StatusOK)
	webtest.WantText(t, o.Visitor().Get(link).Want(http.StatusForbidden), "Your organisation has no access at the moment", "a new invitation")
	p, err := o.App.Partners.Partner(t.Context(), o.admin.Actor.Scope(), o.asOwner.Partner)
	o.must(err)
	o.must(o.App.DB.Housekeep(t.Context(), "close", func(tx *pg.Tx) error {
		_, err := tx.Exec(t.Context(), `update policy_groups set status = 'deactivated' where id = @id`, pg.Args{"id": p.PolicyGroupID})
		return err
	}))
	webtest.WantText(t, o.admin.Get(o.path+"/reactivate").Want(http.StatusOK), p.PolicyGroup, "is deactivated. The partner can ask for nothing")
}

func TestAChangeIsTakenOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(o.App.Organisations.AskName(t.Context(), o.asOwner, "Acme Holding", "We merged"))
	list := o.admin.Get("/partners/changes?assigned=nobody").Want(http.StatusOK)
	change := list.Click(strings.TrimSpace(list.Doc.Find("tbody th a").Text())).Want(http.StatusOK)
	taken := change.SubmitTo("/assignments/take", nil).Want(http.StatusOK)
	if taken.Path != change.Path {
		t.Errorf("taking it leads to %s", taken.Path)
	}
	webtest.WantText(t, taken, "You took this on", "took on") // the second in the partner's history
	for query, want := range map[string]int{"me": 1, "nobody": 0} {
		if n := o.admin.Get("/partners/changes?assigned=" + query).Want(http.StatusOK).Doc.Find("tbody th a").Length(); n != want {
			t.Errorf("%s: %d rows, want %d", query, n, want)
		}
	}
	webtest.WantText(t, o.admin.Get("/home").Want(http.StatusOK), "Change of an organisation")
	other := o.Staff(authz.PartnerAdmin)
	webtest.WantText(t, other.Get(change.Path+"/reject").Want(http.StatusOK), "took this on. You can still decide")
	webtest.WantText(t, other.Get("/partners/changes?assigned=x").Want(http.StatusOK), "Taken on by")
}

func (o *office) must(err error) {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
}

func TestCON1LateDecisionOnAPartner(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ask := o.admin.Get(o.path + "/deactivate").Want(http.StatusOK)
	p, err := o.App.Organisations.Profile(t.Context(), o.asOwner.Scope(), o.asOwner.Partner)
	o.must(err)
	o.must(o.App.Organisations.EditProfile(t.Context(), o.asOwner, p.Version, organisation.ProfileInput{Address: "Elsewhere", Phone: "+999 000 111", Lang: "en"}))
	late := ask.Submit(webtest.Values{"reason": why}).Want(http.StatusConflict)
	if !late.Has("changed it after you opened the page") || !late.Has("Nothing of yours was carried out") || webtest.Value(late, "reason") != why {
		t.Errorf("%s", late.Text())
	}
	o.must(o.App.Organisations.Deactivate(t.Context(), o.Admin(), o.asOwner.Partner, p.Version+1, "Somebody else’s reason"))
	if p := late.Submit(nil).Want(http.StatusConflict); !p.Has("already deactivated the partner") {
		t.Errorf("%s", p.Text())
	}
}

func TestNameIsDecided(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old := o.admin.Get(o.path).Title()
	o.must(o.App.Organisations.AskName(t.Context(), o.asOwner, old+" Holding", "We merged"))
	list := o.admin.Get("/partners/changes?status=pending_approval").Want(http.StatusOK)
	ask := list.Click(old).Want(http.StatusOK)
	webtest.WantText(t, ask, "New name for", "We merged", "no certificate that counts")
	if got := ask.Doc.Find("main ins").Text(); got != " Holding" || strings.TrimSpace(ask.Doc.Find("main dl bdi").Eq(1).Text()) != old+" Holding" {
		t.Errorf("the difference is %q, the new name %q", got, ask.Doc.Find("main dl bdi").Eq(1).Text())
	}
	reject := ask.Click("Reject").Want(http.StatusOK)
	if p := reject.Submit(webtest.Values{"reason": ""}).Want(http.StatusUnprocessableEntity); p.FieldError("reason") == "" {
		t.Error("a rejection without a reason")
	}
	for range 2 {
		if p := ask.SubmitTo(ask.Path+"/approve", nil).Want(http.StatusOK); p.Path != "/partners/changes?status=pending_approval" || !p.Has("is approved") {
			t.Errorf("at %s: %s", p.Path, p.Text())
		}
	}
	late := reject.Submit(webtest.Values{"reason": "No"}).Want(http.StatusConflict)
	if !late.Has("already approved this change") || !late.Has("Nothing of yours was carried out") {
		t.Errorf("CON-1: %s", late.Text())
	}
	if got := o.admin.Get(o.path).Title(); got != old+" Holding" {
		t.Errorf("the partner is called %q", got)
	}
}

func TestAnotherOwnerIsAppointed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if p := o.admin.Get(o.path + "/appoint").Want(http.StatusOK); !p.Has("Nobody of this partner can become the owner now") {
		t.Errorf("%s", p.Text())
	}
	in := account.ColleagueInput{ID: id.New[id.User](), Email: "mia@acme.example", FirstName: "Mia", LastName: "Member", Lang: "en"}
	o.must(o.App.Accounts.InviteColleague(t.Context(), o.asOwner, in))
	c, err := pg.Value[id.Challenge](t.Context(), o.App.DB.Read(), `select id from challenges where email = 'mia@acme.example'`, nil)
	o.must(err)
	_, err = o.App.Accounts.ResetPassword(t.Context(), authz.Actor{}, o.App.Codes.LinkToken(string(challenge.Invite), c.UUID, 1), webtest.Password)
	o.must(err)
	ask := o.admin.Get(o.path).Click("Appoint another owner").Want(http.StatusOK)
	if p := ask.Submit(webtest.Values{"reason": "They have left the company"}).Want(http.StatusUnprocessableEntity); p.FieldError("to") == "" || webtest.Value(p, "reason") != "They have left the company" {
		t.Errorf("nobody is chosen: %s", p.Text())
	}
	done := ask.Submit(webtest.Values{"to": in.ID.String(), "reason": "They have left the company"}).Want(http.StatusOK)
	if done.Path != o.path || !done.Has("has a new owner") {
		t.Errorf("at %s: %s", done.Path, done.Text())
	}
	o.SignedIn("mia@acme.example").Get("/people/new").Want(http.StatusOK)
	o.owner.Get("/people/new").Want(http.StatusForbidden)
}

// What an admin sees of a provider, with the ways to its part of each list, and what
// stops counting with it.
func TestAnAdminSeesWhatAProviderSupplies(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin := s.Staff(authz.PartnerAdmin)
	for kind, c := range map[authz.Role]struct {
		empty, fill         string
		shows, stops, again []string
		lists               string
	}{
		authz.DeviceProvider: {
			empty: "SBIsNone yet",
			fill: `with s as (insert into sbis (id, partner_id, sbi_version, hash, created_on, expires_on, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
					values (gen_random_uuid(), @partner, '1.0', decode(repeat('00', 32), 'hex'), '2020-01-01', @soon, 'approved', 1, @now, @now, @by, @now, @now) returning id)
				insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
				select gen_random_uuid(), @partner, s.id, x.type_id, x.id, 'Lens', v, v, @now, @now, @by, @now, @now
				from s, (select * from device_sub_types order by id limit 1) x, unnest(array['approved', 'pending_approval']) v where @admin::uuid is not null`,
			shows: []string{"What it supplies", "1 approved · 1 of these ends within 30 days", "1 approved · 1 waits for a decision"},
			stops: []string{"1 SBI does not count any more", "1 device does not count any more"},
			again: []string{"1 SBI counts again", "1 device counts again"},
			lists: "/sbis /devices",
		},
		authz.FTMProvider: {
			empty: "FTM chipsNone yet",
			fill: `with h as (insert into ftm_chips (id, partner_id, make, model, status, submission, submitted_at, approved_at, registered_by, created_at, updated_at)
					values (gen_random_uuid(), @partner, 'Fort', 'F1', 'approved', 1, @now, @now, @by, @now, @now) returning id)
				insert into ftm_chip_certificates (id, chip_id, partner_id, subject, issuer, organisation, serial, key, not_before, not_after, thumbprint, key_hash, der,
					original, chain, status, uploaded_by, uploaded_at, decided_by, decided_at)
				select gen_random_uuid(), h.id, @partner, 'CN=Chip', 'CN=Root', 'x', '1', 'P-256', @now, @soon, sha256(v::bytea), sha256(v::bytea), 'x', 'x', '{}', v, @by, @now,
					@admin, @now from h, unnest(array['in_service', 'waiting']) v`,
			shows: []string{"1 approved · 1 of these ends within 30 days · 1 new certificate waits for a decision"},
			stops: []string{"1 FTM chip does not count any more"},
			again: []string{"1 FTM chip counts again"},
			lists: "/ftm-chips",
		},
	} {
		owner := s.Admitted(kind)
		pid := owner.Actor.Partner.String()
		webtest.WantText(t, admin.Get("/partners/"+pid).Want(http.StatusOK), c.empty)
		now := s.App.DB.Now()
		err := s.App.DB.Housekeep(t.Context(), "fixture", func(tx *pg.Tx) error {
			_, err := tx.Exec(t.Context(), c.fill, pg.Args{
				"partner": pid, "by": owner.Actor.User, "now": now, "soon": now.AddDate(0, 0, 20), "admin": admin.Actor.User,
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		page := admin.Get("/partners/" + pid).Want(http.StatusOK)
		webtest.WantText(t, page, c.shows...)
		for _, list := range strings.Fields(c.lists) {
			if page.Doc.Find(`main a[href="`+list+"?provider="+pid+`"]`).Length() != 1 {
				t.Errorf("no way to %s", list)
			}
			if n := admin.Get(list + "?provider=" + pid).Want(http.StatusOK).Doc.Find("main .list tbody tr").Length(); n == 0 {
				t.Errorf("%s of the provider is empty", list)
			}
		}
		ask := admin.Get("/partners/" + pid + "/deactivate").Want(http.StatusOK)
		webtest.WantText(t, ask, c.stops...)
		ask.Submit(webtest.Values{"reason": why}).Want(http.StatusOK)
		webtest.WantText(t, admin.Get("/partners/"+pid+"/reactivate").Want(http.StatusOK), c.again...)
	}
}
