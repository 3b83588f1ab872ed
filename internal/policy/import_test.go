package policy_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

func TestReadFile(t *testing.T) {
	t.Parallel()
	share := sample(policydoc.KindDataShare, 0)
	for _, tc := range []struct {
		file, text string
		kind       policy.Kind
		name       string
		ok         bool
	}{
		{"few-data.json", share, policydoc.KindDataShare, "few-data", true},
		{`C:\policies\sign in.JSON`, sample(policydoc.KindAuth, 0), policydoc.KindAuth, "sign in", true},
		{"../../etc/passwd.json", "{}", "", "passwd", false},
		{strings.Repeat("é", 200) + ".json", "", "", strings.Repeat("é", policy.MaxName), false},
		{"bad.json", "\xff\xfe{", "", "bad", false},
		{"bundle.json", `{"format":"policy-bundle/1","versions":[]}`, "", "bundle", false},
		{"not-a-bundle.json", `{"format":"policy-bundle/1","versions":3}`, "", "not-a-bundle", false},
	} {
		got := policy.ReadFile(policy.File{Name: tc.file, Text: []byte(tc.text)}, policydoc.DefaultVocabulary())
		if got.Input.Kind != tc.kind || got.Input.Name != tc.name || got.OK() != tc.ok || got.Bundle {
			t.Errorf("%s: %+v", tc.file, got)
		}
		if tc.ok && got.Input.Document != tc.text {
			t.Errorf("%s: the text is another", tc.file)
		}
	}
}

// imports are two good inputs, with line ends and a missing last one that must
// survive (security.md UPL-5).
func imports() []policy.Input {
	return []policy.Input{
		{ID: id.New[id.Policy](), Kind: policydoc.KindAuth, Name: "One", Description: "First", Document: strings.ReplaceAll(sample(policydoc.KindAuth, 0), "\n", "\r\n")},
		{ID: id.New[id.Policy](), Kind: policydoc.KindDataShare, Name: "Two", Description: "Second", Document: strings.TrimSpace(sample(policydoc.KindDataShare, 0))},
	}
}

func TestUPL5ImportKeepsEveryByte(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ins := imports()
	made, err := o.ImportPolicies(t.Context(), o.ada, o.telecom.ID, ins)
	o.must(err)
	for i, p := range made {
		v, err := o.Version(t.Context(), p.ID, 1)
		o.must(err)
		if v.Document != ins[i].Document || p.Status != policy.Inactive || p.GroupID != o.telecom.ID {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}
	events := o.count(`select count(*)::int from audit_log where action = @action and result = 'done'`, pg.Args{"action": audit.PolicyImported})
	if events != len(ins) {
		t.Errorf("%d events, want one for each policy", events)
	}
	// The same form sent twice (security.md CON-3).
	again, err := o.ImportPolicies(t.Context(), o.ada, o.telecom.ID, ins)
	if err != nil || len(again) != 2 || again[0].ID != made[0].ID {
		t.Errorf("sent again: %v %v", again, err)
	}
}

func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.written("Taken")
	for name, tc := range map[string]struct {
		spoil func([]policy.Input)
		index int
		is    func(error) bool
	}{
		"findings": {func(ins []policy.Input) { ins[1].Document = "{" }, 1, func(err error) bool { return errors.As(err, new(*policy.FindingsError)) }},
		"name taken": {func(ins []policy.Input) { ins[0].Name = "taken" }, 0, func(err error) bool {
			var invalid *problem.InvalidError
			return errors.As(err, &invalid) && invalid.Fields[0].Name == "name"
		}},
		"one name twice":           {func(ins []policy.Input) { ins[1].Name = ins[0].Name }, 1, func(err error) bool { return errors.As(err, new(*problem.InvalidError)) }},
		"no description":           {func(ins []policy.Input) { ins[1].Description = " " }, 1, func(err error) bool { return errors.As(err, new(*problem.InvalidError)) }},
		"no kind":                  {func(ins []policy.Input) { ins[1].Kind = "misp" }, 1, func(err error) bool { return err != nil }},
		"the wrong kind":           {func(ins []policy.Input) { ins[0].Kind = policydoc.KindDataShare }, 0, func(err error) bool { return errors.As(err, new(*policy.FindingsError)) }},
		"too large":                {func(ins []policy.Input) { ins[1].Document += strings.Repeat(" ", policydoc.MaxBytes) }, 1, func(err error) bool { return err != nil }},
		"same id as a colleague's": {func(ins []policy.Input) { ins[0].ID = o.written("Hers").ID }, 0, func(err error) bool { return errors.Is(err, problem.ErrConflict) }},
	} {
		ins := imports()
		tc.spoil(ins)
		before := o.count(`select count(*)::int from policies`, nil)
		_, err := o.ImportPolicies(t.Context(), o.max, o.telecom.ID, ins)
		var failed *policy.ImportError
		if errors.As(err, &failed) && failed.Index != tc.index {
			t.Errorf("%s: file %d, want %d", name, failed.Index, tc.index)
		}
		if !tc.is(err) {
			t.Errorf("%s: %v", name, err)
		}
		if after := o.count(`select count(*)::int from policies`, nil); after != before {
			t.Errorf("%s: %d policies were made", name, after-before)
		}
	}
	if _, err := o.ImportPolicies(t.Context(), authz.Actor{Roles: []authz.Role{authz.AuthPartner}}, o.telecom.ID, imports()); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a partner imports: %v", err)
	}
	if _, err := o.ImportPolicies(t.Context(), o.ada, o.telecom.ID, nil); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("nothing to import: %v", err)
	}
}

// A policy goes out with its history and comes in elsewhere as it was in force.
func TestBundleComesBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.rewrite(o.ada, o.inForce("Travels"), 1)
	b, err := o.Bundle(t.Context(), p.ID, p.Kind)
	o.must(err)
	file, err := b.JSON()
	o.must(err)
	if !json.Valid(file) || len(b.Versions) != 2 || len(b.Decisions) != 1 || len(b.Versions[0].InForce) != 1 || b.Versions[0].InForce[0].To != nil {
		t.Fatalf("%s", file)
	}
	if b.Versions[0].Document != sample(p.Kind, 0) || b.Versions[0].ActivatedBy != "Max" || b.Decisions[0].Picture.Class != policydoc.Widens {
		t.Errorf("%+v", b)
	}
	in := policy.ReadFile(policy.File{Name: "x.json", Text: file}, policydoc.DefaultVocabulary())
	if !in.OK() || !in.Bundle || in.Number != 1 || in.Input.Name != "Travels" || in.Input.Document != sample(p.Kind, 0) {
		t.Errorf("%+v", in)
	}
	if _, err := o.Bundle(t.Context(), p.ID, policydoc.KindDataShare); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("of the other kind: %v", err)
	}
}
