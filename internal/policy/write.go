package policy

import (
	"context"
	"errors"
	"strconv"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// CreatePolicy adds an inactive policy with version 1. Permission:
// authz.PolicyWrite. Errors at the fields "name" (empty, too long, or used in
// the group), "description", "group" (unknown or out of use) and "document"
// (empty, too large, no text); findings in the document are counted, not
// refused. The same form sent again returns the policy that it made (security.md
// CON-3); with other words in it, it is a conflict.
func (s *Service) CreatePolicy(ctx context.Context, a authz.Actor, in Input) (Policy, error) {
	var p Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		if err := shareGroups(ctx, tx, in.GroupID); err != nil {
			return audit.Event{}, err
		}
		in, wrong := in.check()
		g, err := activeGroup(ctx, tx, in.GroupID)
		if err := allWrong(wrong, err); err != nil {
			return audit.Event{}, err
		}
		p = newPolicy(in, g, a, tx)
		if err := insertPolicy(ctx, tx, p); err != nil {
			return audit.Event{}, err
		}
		now := text{in.Document, policydoc.Check(in.Kind, []byte(in.Document), policydoc.Around{}).Errors}
		detail := audit.Diff(nil, "group", "", g.Name)
		detail = audit.Diff(detail, "description", "", p.Description)
		detail = diffDocument(detail, text{}, now)
		return p.event(audit.PolicyCreated, 0, detail), insertVersion(ctx, tx, p.ID, 1, now, a.User)
	})
	if errors.Is(err, errReplayed) {
		return s.replayedPolicy(ctx, a, p, in.Document)
	}
	return p, wrap("create policy", policyTaken(err))
}

func newPolicy(in Input, g Group, a authz.Actor, tx *pg.Tx) Policy {
	if id.IsZero(in.ID) {
		in.ID = id.New[id.Policy]()
	}
	return Policy{
		ID: in.ID, Kind: in.Kind, GroupID: g.ID, GroupName: g.Name, GroupStatus: g.Status, Name: in.Name,
		Description: in.Description, Status: Inactive, Version: 1, ReviewOn: reviewDay(tx.Now()), CreatedBy: a.User, CreatedByName: a.Name,
		CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
	}
}

func insertPolicy(ctx context.Context, tx *pg.Tx, p Policy) error {
	n, err := tx.Exec(ctx, `
		insert into policies (id, kind, group_id, name, description, status, version, review_on, created_by, created_at, updated_at)
		values (@id, @kind, @group, @name, @description, @status, @version, @review, @by, @now, @now)
		on conflict (id) do nothing`,
		pg.Args{
			"id": p.ID, "kind": p.Kind, "group": p.GroupID, "name": p.Name, "description": p.Description,
			"status": p.Status, "version": p.Version, "review": p.ReviewOn, "by": p.CreatedBy, "now": p.CreatedAt,
		})
	if err == nil && n == 0 {
		return errReplayed
	}
	return err
}

func insertVersion(ctx context.Context, tx *pg.Tx, pid id.Policy, number int, t text, author id.User) error {
	_, err := tx.Exec(ctx, `
		insert into policy_versions (id, policy_id, number, document, status, errors, author_id, last_editor_id, created_at, updated_at)
		values (@id, @policy, @number, @document, @status, @errors, @author, @author, @now, @now)`,
		pg.Args{
			"id": id.New[id.PolicyVersion](), "policy": pid, "number": number, "document": t.document,
			"status": VersionInactive, "errors": t.errors, "author": author, "now": tx.Now(),
		})
	return err
}

// replayedPolicy is what a form that was sent before made, if it said the same.
func (s *Service) replayedPolicy(ctx context.Context, a authz.Actor, sent Policy, document string) (Policy, error) {
	p, err := s.Policy(ctx, sent.ID, sent.Kind)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return Policy{}, err
	}
	same := err == nil && p.CreatedBy == a.User && p.GroupID == sent.GroupID && p.Name == sent.Name &&
		p.Description == sent.Description && len(p.Versions) == 1 && sameDocument(p.Versions[0].Document, document)
	if !same {
		return Policy{}, &problem.ConflictError{Key: "policy_rule.already_sent"}
	}
	return p.Policy, nil
}

// EditPolicy changes a policy's name, description and document. Permission:
// authz.PolicyWrite. A version that waits is edited itself, and the actor
// becomes its last editor; otherwise another document becomes a new inactive
// version while the one in force stays there. The group can be changed until
// the policy is in force for the first time. version is the row version that the
// person saw; a stale one is a problem.ErrConflict that says who was faster
// (security.md CON-1). Errors at the fields as in CreatePolicy. An edit that
// changes nothing leaves no trace.
func (s *Service) EditPolicy(ctx context.Context, a authz.Actor, pid id.Policy, version int, in Input) (Policy, error) {
	var p Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		old, err := lockPolicy(ctx, tx, a, pid, version, in.GroupID)
		if err != nil {
			return audit.Event{}, err
		}
		if old.Kind != in.Kind {
			return audit.Event{}, problem.ErrNotFound
		}
		in, wrong := in.check()
		p, err = edited(ctx, tx, old, in)
		if err := allWrong(wrong, err); err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(nil, "name", old.Name, p.Name)
		detail = audit.Diff(detail, "description", old.Description, p.Description)
		detail = audit.Diff(detail, "group", old.GroupName, p.GroupName)
		action, more, err := editDocument(ctx, tx, a, p, in.Document)
		if err != nil {
			return audit.Event{}, err
		}
		if detail = append(detail, more...); len(detail) == 0 {
			return audit.Event{}, errUnchanged
		}
		err = updatePolicy(ctx, tx, &p)
		return p.event(action, version, detail), err
	})
	if errors.Is(err, errUnchanged) {
		return p, nil
	}
	return p, wrap("edit policy", policyTaken(err))
}

// edited is the policy with its new words. Every group that it names is locked.
func edited(ctx context.Context, tx *pg.Tx, p Policy, in Input) (Policy, error) {
	p.Name, p.Description = in.Name, in.Description
	if id.IsZero(in.GroupID) || in.GroupID == p.GroupID {
		return p, nil
	}
	if p.Status != Inactive {
		return p, problem.Invalid("group", "policy_rule.group_fixed")
	}
	g, err := activeGroup(ctx, tx, in.GroupID)
	p.GroupID, p.GroupName, p.GroupStatus = g.ID, g.Name, g.Status
	return p, err
}

// editDocument stores another document where it belongs, and tells what it did;
// no detail means that the document is the same.
func editDocument(ctx context.Context, tx *pg.Tx, a authz.Actor, p Policy, document string) (audit.Action, []audit.Change, error) {
	v, err := latest(ctx, tx, p.ID)
	if err != nil || sameDocument(v.Document, document) {
		return audit.PolicyEdited, nil, err
	}
	now := text{document, policydoc.Check(p.Kind, []byte(document), policydoc.Around{}).Errors}
	detail := diffDocument(nil, text{v.Document, v.Errors}, now)
	if v.Status == VersionInactive {
		return audit.PolicyEdited, detail, pg.Exec1(ctx, tx, `
			update policy_versions set document = @document, errors = @errors, last_editor_id = @editor, updated_at = @now
			where id = @id and status = 'inactive'`,
			pg.Args{"id": v.ID, "document": document, "errors": now.errors, "editor": a.User, "now": tx.Now()})
	}
	if p.GroupStatus != GroupActive { // else the group would have an unfinished policy
		return "", nil, problem.Invalid("document", "policy_rule.group_deactivated", "Name", p.GroupName)
	}
	detail = append(detail, audit.Change{Field: "version", Before: strconv.Itoa(v.Number), After: strconv.Itoa(v.Number + 1)})
	return audit.PolicyVersionCreated, detail, insertVersion(ctx, tx, p.ID, v.Number+1, now, a.User)
}

// reviewDay is the day, twelve months on, by which somebody looks again.
func reviewDay(now time.Time) time.Time {
	y, m, d := now.Date()
	return time.Date(y+1, m, d, 0, 0, 0, 0, time.UTC)
}
