package partner

import (
	"context"
	_ "embed"
	"strings"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// maxRelated bounds how many other requests a Partner Admin is shown.
const maxRelated = 20

//go:embed mailboxes.txt
var mailboxes string

// publicMailboxes are domains whose addresses say nothing about the employer.
var publicMailboxes = func() map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(mailboxes) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known[line] = true
		}
	}
	return known
}()

func reviewOf(ctx context.Context, q pg.Querier, scope authz.Scope, pid id.Partner) (Review, error) {
	p, err := partnerByID(ctx, q, scope, pid)
	if err != nil {
		return Review{}, err
	}
	r := Review{Partner: p}
	if r.Submissions, err = submissions(ctx, q, pid); err != nil {
		return Review{}, err
	}
	if r.Decisions, err = decisions(ctx, q, pid); err != nil {
		return Review{}, err
	}
	if r.Related, err = related(ctx, q, p); err != nil {
		return Review{}, err
	}
	all, err := groups(ctx, q)
	if err != nil {
		return Review{}, err
	}
	r.GroupActive = id.IsZero(p.PolicyGroupID)
	for _, g := range all {
		r.GroupActive = r.GroupActive || g.ID == p.PolicyGroupID && g.Active
	}
	if len(r.Submissions) > 1 {
		r.Changes = differences(r.Submissions[1].Answers, r.Submissions[0].Answers, nameIn(all))
	}
	return r, nil
}

// nameIn finds a group's name; the id itself where the group is not known.
func nameIn(all []Group) func(gid string) string {
	return func(gid string) string {
		for _, g := range all {
			if g.ID.String() == gid {
				return g.Name
			}
		}
		return gid
	}
}

func standingOf(ctx context.Context, q pg.Querier, pid id.Partner) (Standing, error) {
	if id.IsZero(pid) {
		return Standing{}, problem.ErrNotFound
	}
	p, err := partnerByID(ctx, q, authz.Scope{Partner: pid}, pid)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{Partner: p}
	if s.Submissions, err = submissions(ctx, q, pid); err != nil {
		return Standing{}, err
	}
	if s.Decisions, err = decisions(ctx, q, pid); err != nil {
		return Standing{}, err
	}
	if len(s.Decisions) > 0 {
		s.Last = &s.Decisions[0]
	}
	if s.May("policy_group") {
		s.Groups, err = groups(ctx, q)
	}
	return s, err
}

func submissions(ctx context.Context, q pg.Querier, pid id.Partner) ([]Submission, error) {
	return pg.All[Submission](ctx, q, `
		select number, answers, submitted_at from partner_submissions where partner_id = @id order by number desc`,
		pg.Args{"id": pid})
}

// decisions are all decisions on a partner with their lines, newest first.
func decisions(ctx context.Context, q pg.Querier, pid id.Partner) ([]Decision, error) {
	type decision struct {
		Decision
		Fields   []string
		Messages []string
	}
	rows, err := pg.All[decision](ctx, q, `
		select r.id, r.submission, r.decision as verdict, r.reason, r.decided_by as decided_by_id,
			trim(u.first_name || ' ' || u.last_name) as decided_by_name, r.decided_at,
			array(select field from partner_review_fields where review_id = r.id order by position) as fields,
			array(select message from partner_review_fields where review_id = r.id order by position) as messages
		from partner_reviews r join users u on u.id = r.decided_by
		where r.partner_id = @id order by r.submission desc`, pg.Args{"id": pid})
	if err != nil {
		return nil, err
	}
	all := make([]Decision, len(rows))
	for i, r := range rows {
		all[i] = r.Decision
		for j, field := range r.Fields {
			all[i].Lines = append(all[i].Lines, FieldLine{Field: field, Message: r.Messages[j]})
		}
	}
	return all, nil
}

// related finds other requests of the same organisation, of one spelled alike
// (trigram similarity from 0.5), or from the same e-mail domain.
func related(ctx context.Context, q pg.Querier, p Partner) ([]Related, error) {
	domain := p.EmailDomain
	if publicMailboxes[domain] {
		domain = ""
	}
	return pg.All[Related](ctx, q, `
		with found as (
			select id from partners where lower(organisation) = lower(@organisation)
			union select id from partners where email_domain = @domain and @domain <> ''
			union select id from (select id from partners where organisation % @organisation
				and similarity(organisation, @organisation) >= 0.5 limit 100) as alike)
		select `+rowColumns+`,
			lower(p.organisation) = lower(@organisation) as same_organisation,
			p.email_domain = @domain and @domain <> '' as same_domain,
			lower(p.organisation) <> lower(@organisation) and similarity(p.organisation, @organisation) >= 0.5 as similar,
			r.decided_at, coalesce(r.reason, '') as reason
		`+rowFrom+`
		left join lateral (select decided_at, reason from partner_reviews
			where partner_id = p.id order by submission desc limit 1) as r on true
		where p.id in (select id from found) and p.id <> @id
		order by p.submitted_at desc, p.id desc limit @limit`,
		pg.Args{"id": p.ID, "organisation": p.Organisation, "domain": domain, "limit": maxRelated})
}
