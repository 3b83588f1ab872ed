package policy_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

func TestCreatePolicy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	n := o.logged()
	in := o.input(" Banking checks ")
	p := o.create(in)
	o.onlyEvent(n, "policy.created", "done", `"after":"Telecom"`,
		fmt.Sprintf("sha256:%x, %d B", sha256.Sum256([]byte(in.Document)), len(in.Document)))
	if es := o.since(n); strings.Contains(es[0].Detail, "authType") {
		t.Errorf("the document itself stands in the log: %s", es[0].Detail)
	}
	full := o.full(p.ID)
	if diff := cmp.Diff(p, full.Policy); diff != "" {
		t.Errorf("returned and stored: %s", diff)
	}
	want := policy.Policy{
		ID: p.ID, Kind: policydoc.KindAuth, GroupID: o.telecom.ID, GroupName: "Telecom",
		GroupStatus: policy.GroupActive, Name: "Banking checks", Description: "For  Banking checks", Status: policy.Inactive,
		Version: 1, ReviewOn: day(o.db.Now()).AddDate(1, 0, 0), CreatedBy: o.ada.User, CreatedByName: "Ada", CreatedAt: o.db.Now(), UpdatedAt: o.db.Now(),
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	v := full.Waiting
	if v == nil || full.InForce != nil || len(full.Versions) != 1 {
		t.Fatalf("%+v, want one waiting version", full)
	}
	if v.Number != 1 || v.Document != in.Document || v.AuthorID != o.ada.User || v.LastEditorName != "Ada" || v.ActivatedBy != nil || v.Errors != 0 {
		t.Errorf("%+v", v)
	}
}

func TestPolicyInput(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.written("Taken")
	off := o.group("Off")
	o.must(o.DeactivateGroup(t.Context(), o.max, off.ID, 1))
	n, policies := o.logged(), o.count(`select count(*) from policies`, nil)
	for name, c := range map[string]struct {
		change func(*policy.Input)
		want   []string
	}{
		"empty": {
			func(in *policy.Input) { *in = policy.Input{Kind: in.Kind} },
			[]string{"name: problem.required", "description: problem.required", "document: problem.required", "group: problem.choose"},
		},
		"long name":       {func(in *policy.Input) { in.Name = strings.Repeat("x", 129) }, []string{"name: problem.too_long"}},
		"long words":      {func(in *policy.Input) { in.Description = strings.Repeat("x", 257) }, []string{"description: problem.too_long"}},
		"group unknown":   {func(in *policy.Input) { in.GroupID = id.New[id.PolicyGroup]() }, []string{"group: problem.choose"}},
		"group off":       {func(in *policy.Input) { in.GroupID = off.ID }, []string{"group: policy_rule.group_deactivated"}},
		"document blank":  {func(in *policy.Input) { in.Document = " \r\n" }, []string{"document: problem.required"}},
		"document large":  {func(in *policy.Input) { in.Document = strings.Repeat("x", policydoc.MaxBytes+1) }, []string{"document: policy_rule.document_too_large"}},
		"document nul":    {func(in *policy.Input) { in.Document = "{\x00}" }, []string{"document: policy_rule.document_not_text"}},
		"document latin1": {func(in *policy.Input) { in.Document = "\"\xe9\"" }, []string{"document: policy_rule.document_not_text"}},
		"name taken":      {func(in *policy.Input) { in.Name = "tAKEN" }, []string{"name: policy_rule.name_taken"}},
	} {
		in := o.input("New " + name)
		c.change(&in)
		if _, err := o.CreatePolicy(t.Context(), o.ada, in); !cmp.Equal(fields(err), c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	in := o.input("Kind")
	in.Kind = "misp"
	if _, err := o.CreatePolicy(t.Context(), o.ada, in); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("unknown kind: %v", err)
	}
	o.noEvent(n)
	if now := o.count(`select count(*) from policies`, nil); now != policies {
		t.Errorf("%d policies, want %d: something of a refused form was stored", now, policies)
	}
	same := o.input("Taken") // a name is unique in its group only
	same.GroupID = o.group("Other").ID
	o.create(same)
}

func TestPoliciesAreWrittenByStaff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.written("P")
	for _, role := range append([]authz.Role{authz.Visitor}, authz.PartnerRoles...) {
		a := authz.Actor{User: id.New[id.User](), Name: "P", Roles: []authz.Role{role}}
		_, create := o.CreatePolicy(t.Context(), a, policy.Input{})
		_, edit := o.EditPolicy(t.Context(), a, p.ID, 1, policy.Input{})
		for what, err := range map[string]error{
			"create": create, "edit": edit,
			"activate": o.activate(a, p.ID, 1), "deactivate": o.deactivate(a, p.ID, 1),
			"reactivate": o.reactivate(a, p.ID, 1),
		} {
			if !errors.Is(err, problem.ErrDenied) {
				t.Errorf("%s %s: %v, want denied", role, what, err)
			}
		}
	}
	if got := o.full(p.ID); got.Version != 1 {
		t.Errorf("%+v", got)
	}
}

// What is accepted comes back byte for byte, also what looks like noise.
func TestUPL5DocumentKeepsItsBytes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i, doc := range []string{
		sample(policydoc.KindAuth, 1), "\ufeff{}", "{\r\n\t\"a\": 1e400,\r \"a\": \"\\u0000\"\n}\n\n", "  { \"ä\\ud83d\": \"a\u0308\" }  ", "not JSON at all",
		`"` + strings.Repeat("x", policydoc.MaxBytes-2) + `"`,
	} {
		in := o.input(fmt.Sprintf("Bytes %d", i))
		in.Document = doc
		p := o.full(o.create(in).ID)
		if p.Waiting.Document != doc {
			t.Errorf("%d: %.60q came back as %.60q", i, doc, p.Waiting.Document)
		}
		report := policydoc.Check(p.Kind, []byte(doc), policydoc.Around{})
		if p.Waiting.Errors != report.Errors {
			t.Errorf("%d: %d errors, want %d", i, p.Waiting.Errors, report.Errors)
		}
		in.Document += " "
		if len(in.Document) <= policydoc.MaxBytes {
			_, err := o.EditPolicy(t.Context(), o.max, p.ID, 1, in)
			o.must(err)
			if got := o.full(p.ID).Waiting.Document; got != in.Document {
				t.Errorf("%d: edited to %.60q, stored %.60q", i, in.Document, got)
			}
		}
	}
}

func TestCON3PolicyFormSentAgainMakesOnePolicy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := o.input("P")
	in.ID = id.New[id.Policy]()
	first := o.create(in)
	n := o.logged()
	if again := o.create(in); again != first {
		t.Errorf("%+v, want %+v", again, first)
	}
	for what, change := range map[string]func(*policy.Input){
		"name":     func(in *policy.Input) { in.Name = "Q" },
		"document": func(in *policy.Input) { in.Document = sample(policydoc.KindAuth, 1) },
		"kind":     func(in *policy.Input) { in.Kind = policydoc.KindDataShare },
	} {
		other := in
		change(&other)
		if _, err := o.CreatePolicy(t.Context(), o.ada, other); !errors.Is(err, problem.ErrConflict) {
			t.Errorf("other %s: %v, want a conflict", what, err)
		}
	}
	if _, err := o.CreatePolicy(t.Context(), o.max, in); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("somebody else's form: %v, want a conflict", err)
	}
	o.noEvent(n)
}

// Another document takes the place of the one that waits; both stay.
func TestEditWhatWaitsReplacesIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.full(o.written("P").ID)
	in := o.input("P renamed")
	in.Document, in.Note = "{", " shorter "
	n := o.logged()
	got, err := o.EditPolicy(t.Context(), o.max, p.ID, 1, in)
	o.must(err)
	o.onlyEvent(n, "policy.version_created", "done", `"after":"P renamed"`, `{"field":"errors","before":"0","after":"1"}`,
		`{"field":"version","before":"1","after":"2"}`, `{"field":"note","after":"shorter"}`)
	now := o.full(p.ID)
	if diff := cmp.Diff(now.Policy, got); diff != "" {
		t.Errorf("stored and returned: %s", diff)
	}
	if now.Version != 2 || now.Name != "P renamed" || now.Status != policy.Inactive || len(now.Versions) != 2 {
		t.Errorf("%+v", now)
	}
	if v := now.Waiting; v.Number != 2 || v.Document != "{" || v.Errors != 1 || v.Note != "shorter" || v.AuthorID != o.ada.User || v.LastEditorID != o.max.User {
		t.Errorf("%+v", v)
	}
	old, err := o.Version(t.Context(), p.ID, 1)
	o.must(err)
	if old.Status != policy.VersionReplaced || old.Document != sample(p.Kind, 0) || old.LastEditorID != o.ada.User || now.Versions[1].Document != "" {
		t.Errorf("%+v", old)
	}
}

// Name and description are the policy's, not the version's: who changes only
// them has not edited the version.
func TestEditWordsOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("P")
	for _, line := range []string{"\n", "\r\n"} { // a browser sends CR LF for what it got as LF
		in := o.input("P " + fmt.Sprint(len(line)))
		in.Document = strings.ReplaceAll(in.Document, "\n", line)
		n := o.logged()
		_, err := o.EditPolicy(t.Context(), o.max, p.ID, p.Version, in)
		o.must(err)
		o.onlyEvent(n, "policy.edited", "done")
		p = o.full(p.ID)
		if p.Waiting != nil || len(p.Versions) != 1 || p.InForce.LastEditorID != o.ada.User || p.Name != in.Name {
			t.Errorf("%q: %+v", line, p)
		}
		n = o.logged()
		same, err := o.EditPolicy(t.Context(), o.max, p.ID, p.Version, in)
		o.must(err)
		o.noEvent(n)
		if same.Version != p.Version {
			t.Errorf("nothing changed, yet the version went from %d to %d", p.Version, same.Version)
		}
	}
}

func TestEditInForceMakesANewVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, p := range []policy.Full{o.inForce("active"), o.outOfForce("deactivated")} {
		n := o.logged()
		now := o.rewrite(o.max, p, 1)
		o.onlyEvent(n, "policy.version_created", "done", `{"field":"version","before":"1","after":"2"}`)
		if now.Status != p.Status || now.Waiting == nil || now.Waiting.Number != 2 || now.Waiting.AuthorID != o.max.User {
			t.Errorf("%s: %+v", p.Name, now)
		}
		if !cmp.Equal(now.InForce, p.InForce) || !cmp.Equal(now.Deactivated, p.Deactivated) {
			t.Errorf("%s: the other version changed", p.Name)
		}
		again := o.rewrite(o.ada, now, 2) // takes the place of the one that waits; its first writer stays the author
		if len(again.Versions) != 3 || again.Waiting.Number != 3 || again.Waiting.LastEditorID != o.ada.User || again.Waiting.AuthorID != o.max.User {
			t.Errorf("%s: %+v", p.Name, again.Waiting)
		}
	}
}

func TestGroupOfAPolicyChangesUntilItIsInForce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other, off := o.group("Other"), o.group("Off")
	o.must(o.DeactivateGroup(t.Context(), o.max, off.ID, 1))
	draft, active := o.written("draft"), o.inForce("active")
	move := func(p policy.Policy, to id.PolicyGroup) (policy.Policy, error) {
		in := o.input(p.Name)
		in.GroupID = to
		return o.EditPolicy(t.Context(), o.ada, p.ID, p.Version, in)
	}
	n := o.logged()
	for _, c := range []struct {
		p    policy.Policy
		to   id.PolicyGroup
		want string
	}{
		{draft, off.ID, "group: policy_rule.group_deactivated"},
		{draft, id.New[id.PolicyGroup](), "group: problem.choose"},
		{active.Policy, other.ID, "group: policy_rule.group_fixed"},
	} {
		if _, err := move(c.p, c.to); !cmp.Equal(fields(err), []string{c.want}) {
			t.Errorf("%s: %v, want %s", c.p.Name, err, c.want)
		}
	}
	o.noEvent(n)
	p, err := move(draft, other.ID)
	o.must(err)
	o.onlyEvent(n, "policy.edited", "done", `{"field":"group","before":"Telecom","after":"Other"}`)
	if p.GroupID != other.ID || p.GroupName != "Other" {
		t.Errorf("%+v", p)
	}
	o.written("draft") // its name is free again in the old group
}

// A group that is out of use gets no unfinished policy; words may be corrected.
func TestNoNewVersionUnderADeactivatedGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.outOfForce("P")
	o.must(o.DeactivateGroup(t.Context(), o.max, o.telecom.ID, 1))
	in := o.input("P")
	in.Document = sample(p.Kind, 1)
	if _, err := o.EditPolicy(t.Context(), o.ada, p.ID, p.Version, in); !cmp.Equal(fields(err), []string{"document: policy_rule.group_deactivated"}) {
		t.Error(err)
	}
	_, err := o.EditPolicy(t.Context(), o.ada, p.ID, p.Version, o.input("P renamed"))
	o.must(err)
}

func TestEditRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("P")
	o.written("Taken")
	n := o.logged()
	if _, err := o.EditPolicy(t.Context(), o.ada, id.New[id.Policy](), 1, o.input("X")); !errors.Is(err, problem.ErrNotFound) {
		t.Error("unknown id:", err)
	}
	in := o.input("X")
	in.Kind = policydoc.KindDataShare
	if _, err := o.EditPolicy(t.Context(), o.ada, p.ID, p.Version, in); !errors.Is(err, problem.ErrNotFound) {
		t.Error("the other kind:", err)
	}
	in = o.input("taken")
	in.Document = sample(p.Kind, 1)
	if _, err := o.EditPolicy(t.Context(), o.ada, p.ID, p.Version, in); !cmp.Equal(fields(err), []string{"name: policy_rule.name_taken"}) {
		t.Error(err)
	}
	o.noEvent(n)
	if now := o.full(p.ID); len(now.Versions) != 1 || now.Version != p.Version {
		t.Errorf("something of a refused form was stored: %+v", now)
	}
}

func TestCON1StaleEditOfAPolicySaysWhoWasFaster(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.written("P")
	_, err := o.EditPolicy(t.Context(), o.max, p.ID, 1, o.input("Max's"))
	o.must(err)
	_, err = o.EditPolicy(t.Context(), o.ada, p.ID, 1, o.input("Ada's"))
	var conflict *problem.ConflictError
	if !errors.As(err, &conflict) || conflict.Key != "problem.changed_by" || fmt.Sprint(conflict.Args...) != "NameMax" {
		t.Errorf("%v, want who was faster", err)
	}
	if now := o.full(p.ID); now.Name != "Max's" || now.Version != 2 {
		t.Errorf("%+v", now)
	}
}

// Why something was changed is kept, whatever was changed.
func TestNoteOfAnEditWithoutANewVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.written("P")
	in := policy.Input{Kind: p.Kind, Name: "Q", Description: p.Description, Document: sample(p.Kind, 0), Note: "As the law calls it"}
	n := o.logged()
	p, err := o.EditPolicy(t.Context(), o.max, p.ID, p.Version, in)
	o.must(err)
	o.onlyEvent(n, "policy.edited", "done", `{"field":"note","after":"As the law calls it"}`, `"name"`)
	n, in.Note = o.logged(), "Nothing else"
	_, err = o.EditPolicy(t.Context(), o.max, p.ID, p.Version, in)
	o.must(err)
	o.noEvent(n)
	if f := o.full(p.ID); len(f.Versions) != 1 || f.Waiting.Note != "" {
		t.Errorf("%+v", f.Versions)
	}
}
