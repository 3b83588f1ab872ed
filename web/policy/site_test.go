package policy_test

import (
	"strings"
	"testing"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

// desk is a portal with one group and two people who may write and activate.
type desk struct {
	*webtest.Site
	writer, second *webtest.Client
	group          policy.Group
}

func newDesk(t *testing.T, settings ...string) *desk {
	t.Helper()
	s := webtest.New(t, settings...)
	d := &desk{Site: s}
	d.writer, d.second = d.staff("Wanda", "en", authz.PartnerAdmin), d.staff("Sam", "en", authz.PolicyManager)
	g, err := s.App.Policies.CreateGroup(t.Context(), d.writer.Actor, policy.GroupInput{Name: "Telecom", Description: "Phone companies"})
	if err != nil {
		t.Fatal(err)
	}
	d.group = g
	return d
}

// staff is the browser of a new colleague with a first name to look for.
func (d *desk) staff(name, lang string, role authz.Role) *webtest.Client {
	d.T.Helper()
	actor, err := d.App.Accounts.CreateWithPassword(d.T.Context(), account.StaffInput{
		Email: strings.ToLower(name) + "@example.test", FirstName: name, LastName: "Berg", Lang: lang, Roles: []authz.Role{role},
	}, webtest.Password)
	if err != nil {
		d.T.Fatal(err)
	}
	c := d.SignedIn(actor.Email)
	c.Actor = actor
	return c
}

// sample is a good document of a kind.
func sample(k policy.Kind) string { return string(policydoc.Samples(k)[0].Document) }

// good is a form that can be saved.
func (d *desk) good(k policy.Kind, name string) webtest.Values {
	return webtest.Values{"name": name, "description": "For tests", "group": d.group.ID.String(), "document": sample(k)}
}

// create saves a policy in the browser and returns its page.
func (d *desk) create(k policy.Kind, list, name string) *webtest.Page {
	d.T.Helper()
	p := d.writer.Get(list + "/new").Want(200).Submit(d.good(k, name)).Want(200)
	if p.Title() != name {
		d.T.Fatalf("after saving: %q at %s", p.Title(), p.Path)
	}
	return p
}

// auth is a saved Auth policy.
func (d *desk) auth(name string) *webtest.Page {
	d.T.Helper()
	return d.create(policydoc.KindAuth, "/auth-policies", name)
}

// active is an Auth policy in force.
func (d *desk) active(name string) *webtest.Page {
	d.T.Helper()
	p := d.auth(name)
	return d.second.Get(p.Path + "/activate").Want(200).Submit(nil).Want(200)
}

// edit saves another text of a policy and returns its page.
func (d *desk) edit(path, document string) *webtest.Page {
	d.T.Helper()
	return d.writer.Get(path + "/edit").Want(200).Submit(webtest.Values{"document": document}).Want(200)
}

// other is a good document that differs from sample.
func other(k policy.Kind) string { return string(policydoc.Samples(k)[1].Document) }

// value is what stands in a field of the page's form.
func value(p *webtest.Page, name string) string {
	in := p.Doc.Find(`main form [name="` + name + `"]`).First()
	if in.Is("textarea") {
		return strings.TrimPrefix(in.Text(), "\n")
	}
	if in.Is("select") {
		return in.Find("option[selected]").AttrOr("value", "")
	}
	return in.AttrOr("value", "")
}

// versions are the states in the page's table of versions, newest first.
func versions(p *webtest.Page) string {
	var out []string
	for _, n := range p.Doc.Find("table tbody .tag").EachIter() {
		out = append(out, n.Text())
	}
	return strings.Join(out, ", ")
}

func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !p.Has(text) {
			t.Errorf("%s does not say %q:\n%s", p.Path, text, p.Text())
		}
	}
	if p.Has("[policy") || p.Has("[common") {
		t.Errorf("%s lacks a message:\n%s", p.Path, p.Text())
	}
}
