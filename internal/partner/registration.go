package partner

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/password"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

// DraftLifetime is how long a half-finished registration waits in the browser
// that began it, counted from the last answer.
const DraftLifetime = 7 * 24 * time.Hour

// Registrations takes a visitor from the first answer to a request that waits
// for a Partner Admin. Until the address is verified nothing of it can be read
// by anybody but the browser that typed it (security.md REG-2).
type Registrations struct {
	db         *pg.DB
	keys       secret.Keys
	passwords  *password.Hasher
	challenges *challenge.Engine
	terms      string
}

// NewRegistrations keeps registrations in db, sealed with keys.
func NewRegistrations(db *pg.DB, keys secret.Keys, passwords *password.Hasher, challenges *challenge.Engine) *Registrations {
	return &Registrations{db: db, keys: keys, passwords: passwords, challenges: challenges}
}

// WithTerms is the service for the terms of this version: whoever agreed to
// another one is asked again.
func (r *Registrations) WithTerms(version string) *Registrations {
	with := *r
	with.terms = version
	return &with
}

// Terms is the version of the terms that a registration agrees to.
func (r *Registrations) Terms() string { return r.terms }

// Step is one page of the registration.
type Step string

// The steps (design README, decision 3).
const (
	StepType         Step = "type"
	StepPurpose      Step = "purpose"
	StepOrganisation Step = "organisation"
	StepContact      Step = "contact"
	StepGroup        Step = "group"
	StepLanguage     Step = "language"
	StepPassword     Step = "password"
	StepConsent      Step = "consent"
)

// Steps are all of them in the order of the pages.
var Steps = []Step{StepType, StepPurpose, StepOrganisation, StepContact, StepGroup, StepLanguage, StepPassword, StepConsent}

var stepFields = map[Step][]string{
	StepType:         {"type"},
	StepPurpose:      {"purpose"},
	StepOrganisation: {"organisation", "public_id", "address"},
	StepContact:      {"first_name", "last_name", "email", "phone"},
	StepGroup:        {"policy_group"},
	StepLanguage:     {"lang"},
	StepPassword:     {"password"},
	StepConsent:      {"consent"},
}

// Fields are the names of a step's inputs, in the order of its page.
func (s Step) Fields() []string { return slices.Clone(stepFields[s]) }

// StepOf is the step that asks for a field; StepType for an unknown one.
func StepOf(field string) Step {
	for s, fields := range stepFields {
		if slices.Contains(fields, field) {
			return s
		}
	}
	return StepType
}

// Receipt is what remains of a draft once the request was sent.
type Receipt struct {
	Organisation string
	PublicID     string
	Email        string
	SentAt       time.Time
}

// Draft is a registration that is not sent yet.
type Draft struct {
	Answers     Answers
	Password    string    // hashed; "" until chosen
	Terms       string    // version agreed to
	ConsentedAt time.Time // zero until agreed
	Receipt     *Receipt  // set: the request was sent, and nothing else is kept

	challenge id.Challenge
	terms     string // version to agree to now
}

// Steps are the pages that this draft needs: without a policy group for types
// that use no policies.
func (d Draft) Steps() []Step {
	return slices.DeleteFunc(slices.Clone(Steps), func(s Step) bool {
		return s == StepGroup && d.Answers.Type != "" && !UsesPolicies(d.Answers.Type)
	})
}

// Done reports whether a step's answers are complete.
func (d Draft) Done(s Step) bool {
	switch s {
	case StepPassword:
		return d.Password != ""
	case StepConsent:
		return !d.ConsentedAt.IsZero() && d.Terms == d.terms
	default:
		answers := d.Answers
		return answers.Check(stepFields[s]...) == nil
	}
}

// Next is the first step that is not done; "" when all are.
func (d Draft) Next() Step {
	for _, s := range d.Steps() {
		if !d.Done(s) {
			return s
		}
	}
	return ""
}

// Reachable reports whether a step may be shown: every step before it is done.
func (d Draft) Reachable(s Step) bool {
	steps := d.Steps()
	at := slices.Index(steps, s)
	return at >= 0 && (d.Next() == "" || at <= slices.Index(steps, d.Next()))
}

// After is the step to show once s is saved: the next page, or for somebody who
// has been at the end the first step that is not done. "" is the page of all
// answers.
func (d Draft) After(s Step) Step {
	steps := d.Steps()
	at := slices.Index(steps, s) + 1
	if at > 0 && at < len(steps) && d.Reachable(steps[at]) && !d.Done(StepConsent) {
		return steps[at]
	}
	return d.Next()
}

// Begun reports whether anything was answered.
func (d Draft) Begun() bool { return d.Receipt == nil && d.Answers.Type != "" }

// Input is what one step's page sends; the other steps' answers are not looked
// at.
type Input struct {
	Answers  Answers
	Password string // as typed; "" keeps the one that was chosen before
	Consent  bool
}

// Draft opens the draft of a browser. problem.ErrNotFound: there is none, or it
// is older than DraftLifetime.
func (r *Registrations) Draft(ctx context.Context, token string) (Draft, error) {
	return r.open(ctx, r.db.Read(), token, "")
}

// Save stores the answers of one step in the browser's draft and returns it
// with the token for the browser's cookie. The first step makes the draft (and
// a new token) if there is none; other steps then are problem.ErrNotFound.
// Answers of other steps stay as they are, also when two tabs save at once.
//
// Errors: *problem.InvalidError by field; *problem.BusyError when too many
// passwords are being hashed.
func (r *Registrations) Save(ctx context.Context, token string, step Step, in Input) (Draft, string, error) {
	before, err := r.Draft(ctx, token)
	if errors.Is(err, problem.ErrNotFound) || err == nil && before.Receipt != nil {
		if step != StepType {
			return Draft{}, "", problem.ErrNotFound
		}
		before, token, err = Draft{terms: r.terms}, "", nil
	}
	if err != nil {
		return Draft{}, "", err
	}
	change, err := r.check(ctx, before, step, in)
	if err != nil {
		return before, token, err
	}
	if token == "" {
		change(&before)
		token = secret.Token()
		return before, token, r.create(ctx, token, before)
	}
	d, err := r.update(ctx, token, change)
	return d, token, err
}

// check says what is wrong with a step's input; else it returns what the step
// changes in a draft.
func (r *Registrations) check(ctx context.Context, d Draft, step Step, in Input) (func(*Draft), error) {
	switch step {
	case StepPassword:
		return r.checkPassword(ctx, d, in.Password)
	case StepConsent:
		if !in.Consent {
			return nil, problem.Invalid("consent", "partner.problem.consent")
		}
		return func(d *Draft) { d.Terms, d.ConsentedAt = r.terms, r.db.Now() }, nil
	case StepGroup:
		in.Answers.Type = d.Answers.Type // decides whether a group is needed
	default:
	}
	fields := stepFields[step]
	if step == StepOrganisation && strings.TrimSpace(in.Answers.PublicID) == "" {
		if strings.TrimSpace(in.Answers.Organisation) == "" {
			fields = []string{"organisation", "address"} // no name yet to make an ID of: one thing to ask for
		}
		proposed, err := r.propose(ctx, in.Answers.Organisation)
		if err != nil {
			return nil, err
		}
		in.Answers.PublicID = proposed
	}
	if err := in.Answers.Check(fields...); err != nil {
		return nil, err
	}
	if err := r.stillFree(ctx, step, in.Answers); err != nil {
		return nil, err
	}
	return func(d *Draft) {
		for _, field := range stepFields[step] {
			d.Answers.Set(field, in.Answers.Value(field))
		}
		if !UsesPolicies(d.Answers.Type) {
			d.Answers.PolicyGroupID = ""
		}
	}, nil
}

// checkPassword hashes before any connection is held: a queue at the gate must
// not become one at the database (security.md PWD-4).
func (r *Registrations) checkPassword(ctx context.Context, d Draft, typed string) (func(*Draft), error) {
	if typed == "" && d.Password != "" {
		return func(*Draft) {}, nil
	}
	a := d.Answers
	if err := checkPassword(typed, a.Organisation, a.PublicID, a.Email, a.FirstName, a.LastName); err != nil {
		return nil, err
	}
	hash, err := r.passwords.Hash(ctx, typed)
	if err != nil {
		return nil, err
	}
	return func(d *Draft) { d.Password = hash }, nil
}

// stillFree says early what the database would refuse at the end; only the
// constraints decide.
func (r *Registrations) stillFree(ctx context.Context, step Step, a Answers) error {
	switch {
	case step == StepOrganisation:
		taken, err := pg.Value[bool](ctx, r.db.Read(), `select exists (select 1 from partners where lower(public_id) = lower(@id))`,
			pg.Args{"id": a.PublicID})
		if err == nil && taken {
			return problem.Invalid("public_id", "partner.problem.public_id_taken")
		}
		return err
	case step == StepGroup && a.PolicyGroupID != "":
		return r.groupOpen(ctx, a.PolicyGroupID)
	}
	return nil
}

func (r *Registrations) groupOpen(ctx context.Context, gid string) error {
	all, err := r.Groups(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(g OpenGroup) bool { return g.ID.String() == gid }) {
		return problem.Invalid("policy_group", "partner.problem.group_closed")
	}
	return nil
}

// OpenGroup is a policy group that a new partner may choose.
type OpenGroup struct {
	ID          id.PolicyGroup
	Name        string
	Description string
}

// Groups are the active policy groups by name, for everybody to see.
func (r *Registrations) Groups(ctx context.Context) ([]OpenGroup, error) {
	return pg.All[OpenGroup](ctx, r.db.Read(), `
		select id, name, description from policy_groups where status = 'active' order by lower(name), id`, pg.Args{})
}

// propose makes a partner ID of an organisation's name that nobody has; "" where
// the name gives none.
func (r *Registrations) propose(ctx context.Context, organisation string) (string, error) {
	base := ProposePublicID(organisation)
	if base == "" {
		return "", nil
	}
	candidates := []string{base}
	for _, n := range []string{"-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9"} {
		candidates = append(candidates, base[:min(len(base), MaxPublicID-len(n))]+n)
	}
	free, err := pg.Values[string](ctx, r.db.Read(), `
		select c.id from unnest(@candidates::text[]) with ordinality as c (id, position)
		where not exists (select 1 from partners p where lower(p.public_id) = lower(c.id)) order by c.position limit 1`,
		pg.Args{"candidates": candidates})
	if err != nil || len(free) == 0 {
		return base, err
	}
	return free[0], nil
}

// addressOf is the address that a draft is about; its step has checked it.
func (d Draft) addressOf() (email.Address, error) {
	a, err := email.Parse(d.Answers.Email)
	if err != nil {
		return email.Address{}, problem.Invalid("email", "problem.required")
	}
	return a, nil
}
