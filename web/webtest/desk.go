package webtest

import (
	"strings"
	"testing"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
)

// Desk is a portal with one Group and two people who may write and activate.
type Desk struct {
	*Site
	Writer, Second *Client
	Group          policy.Group
}

// NewDesk starts a portal for a Desk; settings are those of New.
func NewDesk(t *testing.T, settings ...string) *Desk {
	t.Helper()
	s := New(t, settings...)
	d := &Desk{Site: s}
	d.Writer, d.Second = d.Person("Wanda", "en", authz.PartnerAdmin), d.Person("Sam", "en", authz.PolicyManager)
	g, err := s.App.Policies.CreateGroup(t.Context(), d.Writer.Actor, policy.GroupInput{Name: "Telecom", Description: "Phone companies"})
	if err != nil {
		t.Fatal(err)
	}
	d.Group = g
	return d
}

// Person is the browser of a new colleague with a first name to look for.
func (d *Desk) Person(name, lang string, role authz.Role) *Client {
	d.T.Helper()
	actor, err := d.App.Accounts.CreateWithPassword(d.T.Context(), account.StaffInput{
		Email: strings.ToLower(name) + "@example.test", FirstName: name, LastName: "Berg", Lang: lang, Roles: []authz.Role{role},
	}, Password)
	if err != nil {
		d.T.Fatal(err)
	}
	c := d.SignedIn(actor.Email)
	c.Actor = actor
	return c
}

// Sample is a good document of a kind.
func Sample(k policy.Kind) string { return string(policydoc.Samples(k)[0].Document) }

// Good is a form that can be saved.
func (d *Desk) Good(k policy.Kind, name string) Values {
	return Values{"name": name, "description": "For tests", "group": d.Group.ID.String(), "document": Sample(k)}
}

// Create saves a policy in the browser and returns its page.
func (d *Desk) Create(k policy.Kind, list, name string) *Page {
	d.T.Helper()
	p := d.Writer.Get(list + "/new").Want(200).Submit(d.Good(k, name)).Want(200)
	if p.Title() != name {
		d.T.Fatalf("after saving: %q at %s", p.Title(), p.Path)
	}
	return p
}

// Auth is a saved Auth policy.
func (d *Desk) Auth(name string) *Page {
	d.T.Helper()
	return d.Create(policydoc.KindAuth, "/auth-policies", name)
}

// InForce is an Auth policy in force.
func (d *Desk) InForce(name string) *Page {
	d.T.Helper()
	p := d.Auth(name)
	return d.Second.Get(p.Path + "/activate").Want(200).Submit(nil).Want(200)
}

// Edit saves another text of a policy and returns its page.
func (d *Desk) Edit(path, document string) *Page {
	d.T.Helper()
	return d.Writer.Get(path + "/edit").Want(200).Submit(Values{"document": document}).Want(200)
}

// Other is a good document that differs from sample.
func Other(k policy.Kind) string { return string(policydoc.Samples(k)[1].Document) }

// Value is what stands in a field of the page's form.
func Value(p *Page, name string) string {
	in := p.Doc.Find(`main form [name="` + name + `"]`).First()
	if in.Is("textarea") {
		return strings.TrimPrefix(in.Text(), "\n")
	}
	if in.Is("select") {
		return in.Find("option[selected]").AttrOr("value", "")
	}
	return in.AttrOr("value", "")
}

// Document is the text of the newest version that a policy's page shows.
func Document(p *Page) string {
	var b strings.Builder
	for _, line := range p.Doc.Find("ol.code").Last().Find("li").EachIter() {
		b.WriteString(line.Text() + "\n")
	}
	return b.String()
}

// VersionStates are the states in the page's table of versions, newest first.
func VersionStates(p *Page) string {
	var out []string
	for _, n := range p.Doc.Find("table").First().Find("tbody .tag").EachIter() {
		out = append(out, n.Text())
	}
	return strings.Join(out, ", ")
}

// WantText fails unless the page says all texts and lacks no message.
func WantText(t testing.TB, p *Page, texts ...string) {
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
