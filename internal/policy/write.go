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
	"portal/internal/vocabulary"
)

// CreatePolicy adds an inactive policy with version 1. Permission:
// authz.PolicyWrite. Errors at the fields "name" (empty, too long, or used in
// the group), "description", "group" (unknown or out of use), "note" (too long),
// "review_on" (not from tomorrow to five years ahead) and "document" (empty, too
// large, no text); findings in the document are counted, not refused. The same
// form sent again returns the policy that it made (security.md CON-3); with other
// words in it, it is a conflict.
func (s *Service) CreatePolicy(ctx context.Context, a authz.Actor, in Input) (Policy, error) {
	var p Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		words, err := vocabulary.Load(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		made, _, event, err := s.createIn(ctx, tx, a, words, in)
		p = made
		return event, err
	})
	if errors.Is(err, errReplayed) {
		return s.replayedPolicy(ctx, a, p.ID, in)
	}
	return p, wrap("create policy", policyTaken(err))
}

// createIn makes a policy inside a change, and tells what is wrong with its
// document. errReplayed comes with the id of the one that this input made before.
func (s *Service) createIn(
	ctx context.Context, tx *pg.Tx, a authz.Actor, words *policydoc.Vocabulary, in Input,
) (Policy, policydoc.Report, audit.Event, error) {
	var report policydoc.Report
	if err := shareGroups(ctx, tx, in.GroupID); err != nil {
		return Policy{}, report, audit.Event{}, err
	}
	in, wrong := in.check(s.dayOf(tx.Now()), time.Time{})
	g, err := activeGroup(ctx, tx, in.GroupID)
	if err := allWrong(wrong, err); err != nil {
		return Policy{}, report, audit.Event{}, err
	}
	p := newPolicy(in, g, a, tx)
	if err := insertPolicy(ctx, tx, p); err != nil {
		return p, report, audit.Event{}, err
	}
	now, report, err := judged(ctx, tx, words, p, in.Document)
	if err != nil {
		return p, report, audit.Event{}, err
	}
	detail := audit.Diff(nil, "group", "", g.Name)
	detail = audit.Diff(detail, "description", "", p.Description)
	detail = audit.Diff(detail, "note", "", in.Note)
	detail = diffDocument(detail, text{}, now)
	_, err = insertVersion(ctx, tx, p.ID, Version{AuthorID: a.User, LastEditorID: a.User, Note: in.Note}, now)
	return p, report, p.event(audit.PolicyCreated, 0, detail), err
}

func newPolicy(in Input, g Group, a authz.Actor, tx *pg.Tx) Policy {
	if id.IsZero(in.ID) {
		in.ID = id.New[id.Policy]()
	}
	return Policy{
		ID: in.ID, Kind: in.Kind, GroupID: g.ID, GroupName: g.Name, GroupStatus: g.Status, Name: in.Name,
		Description: in.Description, Status: Inactive, Version: 1, ReviewOn: in.ReviewOn, CreatedBy: a.User, CreatedByName: a.Name,
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

// insertVersion stores a text as the version that waits, with what v says of its
// writers, note and origin, and returns its number. The caller holds the policy.
func insertVersion(ctx context.Context, tx *pg.Tx, pid id.Policy, v Version, t text) (int, error) {
	return pg.Value[int](ctx, tx, `
		insert into policy_versions (id, policy_id, number, document, status, errors, attributes, note, origin,
			author_id, last_editor_id, created_at, updated_at)
		select @id, @policy, coalesce(max(number), 0) + 1, @document, @status, @errors, @attributes, @note, @origin,
			@author, @editor, @now, @now
		from policy_versions where policy_id = @policy returning number`,
		pg.Args{
			"id": id.New[id.PolicyVersion](), "policy": pid, "document": t.document, "status": VersionInactive,
			"errors": t.errors, "attributes": t.attributes, "note": v.Note, "origin": v.Origin,
			"author": v.AuthorID, "editor": v.LastEditorID, "now": tx.Now(),
		})
}

// replayedPolicy is what a form that was sent before made, if it said the same.
func (s *Service) replayedPolicy(ctx context.Context, a authz.Actor, pid id.Policy, in Input) (Policy, error) {
	sent, err := in.check(s.Today(), time.Time{})
	if err != nil {
		return Policy{}, err
	}
	sent.ReviewOn = pg.Day(in.ReviewOn) // a day that nobody chose is no other word
	p, err := s.Policy(ctx, pid, sent.Kind)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return Policy{}, err
	}
	same := err == nil && p.CreatedBy == a.User && p.GroupID == sent.GroupID && p.Name == sent.Name &&
		p.Description == sent.Description && (sent.ReviewOn.IsZero() || p.ReviewOn.Equal(sent.ReviewOn)) &&
		len(p.Versions) == 1 && p.Versions[0].Note == sent.Note && sameDocument(p.Versions[0].Document, sent.Document)
	if !same {
		return Policy{}, &problem.ConflictError{Key: "policy_rule.already_sent"}
	}
	return p.Policy, nil
}

// EditPolicy changes a policy's name, description, review date and document.
// Permission: authz.PolicyWrite. Every saved document stays: another one becomes
// a new version that waits, with the note; what waited until then is replaced by
// it, and its first writer stays the author, so that nobody activates what they
// wrote or edited last. The one in force stays in force. The group can be
// changed until the policy is in force for the first time. version is the row
// version that the person saw; a stale one is a problem.ErrConflict that says
// who was faster (security.md CON-1), and so is a discarded policy. Errors at
// the fields as in CreatePolicy. The note stands in the audit log of every edit.
// An edit that changes nothing leaves no trace.
func (s *Service) EditPolicy(ctx context.Context, a authz.Actor, pid id.Policy, version int, in Input) (Policy, error) {
	var p Policy
	err := s.db.Change(ctx, a, authz.PolicyWrite, func(tx *pg.Tx) (audit.Event, error) {
		old, err := lockPolicy(ctx, tx, a, pid, version, shared, in.GroupID)
		if err != nil {
			return audit.Event{}, err
		}
		switch {
		case old.Kind != in.Kind:
			return audit.Event{}, problem.ErrNotFound
		case old.Status == Discarded:
			return audit.Event{}, discarded()
		}
		in, wrong := in.check(s.dayOf(tx.Now()), old.ReviewOn)
		p, err = edited(ctx, tx, old, in)
		if err := allWrong(wrong, err); err != nil {
			return audit.Event{}, err
		}
		detail := diffWords(old, p)
		action, more, err := editDocument(ctx, tx, a, p, in)
		if err != nil {
			return audit.Event{}, err
		}
		if detail = append(detail, more...); len(detail) == 0 {
			return audit.Event{}, pg.ErrNothing
		}
		detail = audit.Diff(detail, "note", "", in.Note) // stands on no version where the document is the same
		err = updatePolicy(ctx, tx, &p)
		return p.event(action, version, detail), err
	})
	return p, wrap("edit policy", policyTaken(err))
}

// edited is the policy with its new words. Every group that it names is locked.
func edited(ctx context.Context, tx *pg.Tx, p Policy, in Input) (Policy, error) {
	p.Name, p.Description, p.ReviewOn = in.Name, in.Description, in.ReviewOn
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

// diffWords tells what changed of a policy besides its document.
func diffWords(old, p Policy) []audit.Change {
	detail := audit.Diff(nil, "name", old.Name, p.Name)
	detail = audit.Diff(detail, "description", old.Description, p.Description)
	detail = audit.Diff(detail, "group", old.GroupName, p.GroupName)
	return audit.Diff(detail, "review_on", dayText(old.ReviewOn), dayText(p.ReviewOn))
}

// editDocument stores another document as the version that waits, and tells what
// it did; no detail means that the document is the same.
func editDocument(ctx context.Context, tx *pg.Tx, a authz.Actor, p Policy, in Input) (audit.Action, []audit.Change, error) {
	v, err := latest(ctx, tx, p.ID)
	if err != nil || sameDocument(v.Document, in.Document) {
		return audit.PolicyEdited, nil, err
	}
	if p.GroupStatus != GroupActive { // else the group would have an unfinished policy
		return "", nil, problem.Invalid("document", "policy_rule.group_deactivated", "Name", p.GroupName)
	}
	words, err := vocabulary.Load(ctx, tx)
	if err != nil {
		return "", nil, err
	}
	now, _, err := judged(ctx, tx, words, p, in.Document)
	if err != nil {
		return "", nil, err
	}
	next := Version{AuthorID: a.User, LastEditorID: a.User, Note: in.Note}
	if v.Status == VersionInactive {
		next.AuthorID = v.AuthorID
	}
	number, err := replaceWaiting(ctx, tx, p.ID, next, now)
	detail := diffDocument(nil, text{document: v.Document, errors: v.Errors}, now)
	detail = append(detail, audit.Change{Field: "version", Before: strconv.Itoa(v.Number), After: strconv.Itoa(number)})
	return audit.PolicyVersionCreated, detail, err
}

// replaceWaiting stores a text as the version that waits, in the place of
// another one that did.
func replaceWaiting(ctx context.Context, tx *pg.Tx, pid id.Policy, v Version, t text) (int, error) {
	_, err := tx.Exec(ctx, `update policy_versions set status = 'replaced' where policy_id = @policy and status = 'inactive'`,
		pg.Args{"policy": pid})
	if err != nil {
		return 0, err
	}
	return insertVersion(ctx, tx, pid, v, t)
}
