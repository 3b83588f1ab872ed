package webtest

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/demo"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/session"
)

// Password is the password of every account that a fixture makes.
const Password = demo.Password

// people numbers the addresses of the fixtures, so that no two collide.
var people atomic.Int64

// Staff is the browser of a new staff member, signed in.
func (s *Site) Staff(roles ...authz.Role) *Client {
	s.T.Helper()
	actor := s.Colleague(roles...)
	c := s.SignedIn(actor.Email)
	c.Actor = actor
	return c
}

// Colleague is a new staff member with Password, for calling services directly.
func (s *Site) Colleague(roles ...authz.Role) authz.Actor {
	s.T.Helper()
	actor, err := s.App.Accounts.CreateWithPassword(s.T.Context(), account.StaffInput{
		Email: s.address(roles[0]), FirstName: "Nadia", LastName: "Berg", Lang: s.Lang, Roles: roles,
	}, Password)
	if err != nil {
		s.T.Fatal(err)
	}
	return actor
}

// Admin is a Partner Admin who stands behind the fixtures: the same at every
// call.
func (s *Site) Admin() authz.Actor {
	s.T.Helper()
	s.first.Do(func() { s.admin = s.Colleague(authz.PartnerAdmin) })
	return s.admin
}

// Partner is the browser of somebody who has registered a partner, signed in.
// The request waits for a decision. Types that use policies get the group
// Telecom, which is made when it is missing.
func (s *Site) Partner(kind authz.Role) *Client {
	s.T.Helper()
	n := people.Add(1)
	answers := partner.Answers{
		Type: kind, Purpose: "Verify our customers.", Organisation: fmt.Sprintf("Acme %d", n),
		PublicID: fmt.Sprintf("Acme-%d", n), Address: "1 Main Road", FirstName: "Leila", LastName: "Benali",
		Email: s.address(kind), Phone: "+999 12345678", Lang: "en",
	}
	if partner.UsesPolicies(kind) {
		answers.PolicyGroupID = s.Group("Telecom").String()
	}
	p, err := demo.Register(s.T.Context(), s.App, answers)
	if err != nil {
		s.T.Fatal(err)
	}
	c := s.SignedIn(answers.Email)
	c.Actor = authz.Actor{
		User: p.OwnerID, Name: p.FirstName + " " + p.LastName, Email: p.Email, Lang: p.Lang,
		Roles: []authz.Role{kind}, Partner: p.ID,
	}
	return c
}

// Admitted is Partner after a Partner Admin has approved it.
func (s *Site) Admitted(kind authz.Role) *Client {
	s.T.Helper()
	c := s.Partner(kind)
	p, err := s.App.Partners.Partner(s.T.Context(), c.Actor.Scope(), c.Actor.Partner)
	if err == nil {
		err = s.App.Partners.Approve(s.T.Context(), s.Admin(), p.ID, p.Version)
	}
	if err != nil {
		s.T.Fatal(err)
	}
	return c
}

// Asks is the request of an admitted partner for a policy in force of its group,
// which waits.
func (s *Site) Asks(c *Client, pid id.Policy) policyrequest.Request {
	s.T.Helper()
	o, err := s.App.Requests.Offer(s.T.Context(), c.Actor.Partner, pid)
	if err != nil {
		s.T.Fatal(err)
	}
	words, err := s.App.Vocabulary.All(s.T.Context())
	if err != nil {
		s.T.Fatal(err)
	}
	in := policyrequest.Input{ID: id.New[id.PolicyRequest](), Policy: pid, Answers: policyrequest.AnswersFor(
		policyrequest.Special(words, o.Kind, o.Document), func(string) string { return "To verify customers at the counter." })}
	if err = s.App.Requests.Send(s.T.Context(), c.Actor, in); err != nil {
		s.T.Fatal(err)
	}
	r, err := s.App.Requests.Request(s.T.Context(), c.Actor.Scope(), in.ID)
	if err != nil {
		s.T.Fatal(err)
	}
	return r
}

// Grants is the grant that comes of a request.
func (s *Site) Grants(r policyrequest.Request) policyrequest.Request {
	s.T.Helper()
	err := s.App.Requests.Approve(s.T.Context(), s.Admin(), r.ID, r.Version, policyrequest.Grant{Shown: r.Number})
	if err == nil {
		r, err = s.App.Requests.Request(s.T.Context(), s.Admin().Scope(), r.ID)
	}
	if err != nil {
		s.T.Fatal(err)
	}
	return r
}

// Group is the policy group with this name, made when it is missing.
func (s *Site) Group(name string) id.PolicyGroup {
	s.T.Helper()
	q := policy.GroupList.Parse(map[string][]string{"name": {name}})
	found, err := s.App.Policies.Groups(s.T.Context(), q)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, g := range found.Items {
		if g.Name == name {
			return g.ID
		}
	}
	g, err := s.App.Policies.CreateGroup(s.T.Context(), s.Admin(), policy.GroupInput{Name: name, Description: name + " companies."})
	if err != nil {
		s.T.Fatal(err)
	}
	return g.ID
}

// Actor is the account of an address, with the roles that a session of it has.
func (s *Site) Actor(email string) authz.Actor {
	s.T.Helper()
	u, err := pg.One[struct {
		ID        id.User
		PartnerID id.Partner
		Roles     []string
	}](s.T.Context(), s.App.DB.Read(), `select u.id, u.partner_id, `+session.Roles+` as roles
		from users u left join partners p on p.id = u.partner_id where u.email = @email`, pg.Args{"email": email})
	if err != nil {
		s.T.Fatal(email, err)
	}
	a := authz.Actor{User: u.ID, Partner: u.PartnerID, Email: email}
	for _, role := range u.Roles {
		a.Roles = append(a.Roles, authz.Role(role))
	}
	return a
}

// SignedIn is a fresh browser in which the account has signed in with Password.
func (s *Site) SignedIn(email string) *Client {
	s.T.Helper()
	c := s.Visitor()
	p := c.Get("/signin").Submit(Values{"email": email, "password": Password}).Want(http.StatusOK)
	if !strings.HasPrefix(p.Path, "/home") {
		s.T.Fatalf("%s cannot sign in: %s: %s", email, p.Path, p.Text())
	}
	return c
}

func (s *Site) address(role authz.Role) string {
	return strings.ToLower(fmt.Sprintf("%s.%d@example.test", strings.ReplaceAll(string(role), "_", "-"), people.Add(1)))
}
