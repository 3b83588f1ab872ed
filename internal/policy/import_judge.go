package policy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
)

// JudgeImports fills in what is wrong with files that would be imported into a
// group: the findings of each document as Judge has them, and what is wrong with
// names and descriptions, those that the group has and those that two files
// share included. Without a group (zero) there are no neighbours and no names
// taken. Of a document whose kind nobody told only the text is judged.
func (s *Service) JudgeImports(ctx context.Context, gid id.PolicyGroup, ins []Import) error {
	q := s.db.Read()
	words, err := vocabulary.Load(ctx, q)
	if err != nil {
		return wrap("judge imports", err)
	}
	today := s.Today()
	for i := range ins {
		in := &ins[i]
		in.Report, in.Wrong = policydoc.Report{}, nil
		in.Input.GroupID = gid
		in.Input.ReviewOn = keptReview(in.Input.ReviewOn, today)
		if in.Trouble != nil {
			continue
		}
		if err := in.judge(ctx, q, words); err != nil {
			return wrap("judge imports", err)
		}
		in.checkWords()
	}
	return wrap("judge imports", checkNames(ctx, q, gid, ins))
}

func (i *Import) judge(ctx context.Context, q pg.Querier, words *policydoc.Vocabulary) error {
	if !i.Input.Kind.Valid() {
		i.Report = textOnly(i.Input.Document)
		return nil
	}
	var err error
	i.Report, err = judge(ctx, q, words, Policy{ID: i.Input.ID, Kind: i.Input.Kind, GroupID: i.Input.GroupID}, i.Input.Document)
	return err
}

// textOnly is what is wrong with a text whatever kind of policy it may be: that
// nobody told the kind is asked, not found.
func textOnly(document string) policydoc.Report {
	r := policydoc.Check("", []byte(document), policydoc.Around{})
	all := len(r.Findings)
	r.Findings = slices.DeleteFunc(r.Findings, func(f policydoc.Finding) bool { return f.Code == codeNoKind })
	r.Errors -= all - len(r.Findings)
	return r
}

// codeNoKind is the finding of a document that was checked without a kind.
const codeNoKind = "JS-100"

// checkWords says what is wrong with the name and the description, as saving
// would.
func (i *Import) checkWords() {
	var f problem.Fields
	i.Input.checkWords(&f)
	var invalid *problem.InvalidError
	if errors.As(f.Err(), &invalid) {
		i.Wrong = invalid.Fields
	}
}

func (i *Import) wrongAt(name string) bool {
	for _, f := range i.Wrong {
		if f.Name == name {
			return true
		}
	}
	return false
}

// checkNames finds names that a group has already, but for the policies that
// this very import made before, and those that two files share.
func checkNames(ctx context.Context, q pg.Querier, gid id.PolicyGroup, ins []Import) error {
	names, ids := make([]string, 0, len(ins)), make([]string, 0, len(ins))
	for _, in := range ins {
		names, ids = append(names, in.Input.Name), append(ids, in.Input.ID.String())
	}
	list, err := pg.All[struct{ Name string }](ctx, q, `
		select n.name from unnest(@names::text[]) n(name) where exists (select 1 from policies p
			where p.group_id = @group and p.status <> 'discarded' and lower(p.name) = lower(n.name) and not p.id::text = any(@ids))`,
		pg.Args{"names": names, "group": gid, "ids": ids})
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, r := range list {
		taken[r.Name] = true
	}
	first := map[string]string{}
	for i := range ins {
		in := &ins[i]
		if in.Trouble != nil || in.wrongAt("name") {
			continue
		}
		key := strings.ToLower(in.Input.Name)
		other, twice := first[key]
		switch {
		case taken[in.Input.Name]:
			in.Wrong = append([]problem.Field{{Name: "name", Key: "policy_rule.name_taken"}}, in.Wrong...)
		case twice:
			in.Wrong = append([]problem.Field{{Name: "name", Key: "policy_import.problem.twice", Args: []any{"File", other}}}, in.Wrong...)
		default:
			first[key] = in.BaseName()
		}
	}
	return nil
}

// keptReview is a review date out of a bundle while it may still be chosen, else
// none: then the usual one counts.
func keptReview(on, today time.Time) time.Time {
	var f problem.Fields
	if on.IsZero() {
		return on
	}
	if on = checkReview(&f, on, today, time.Time{}); f.Err() != nil {
		return time.Time{}
	}
	return on
}
