package policy_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		trouble    string
	}{
		{"few-data.json", share, policydoc.KindDataShare, "few-data", ""},
		{`C:\policies\sign in.JSON`, sample(policydoc.KindAuth, 0), policydoc.KindAuth, "sign in", ""},
		{"../../etc/passwd.json", "{}", "", "passwd", ""},
		{".json", share, policydoc.KindDataShare, "", ""},
		{"-", share, policydoc.KindDataShare, "", ""},
		{"bad.json", "\xff\xfe{", "", "bad", ""},
		{"odd.json", `{"name":"policy-bundle/1"}`, "", "odd", ""},
		{strings.Repeat("é", 200) + ".json", " \n", "", strings.Repeat("é", policy.MaxName), "empty"},
		{"zip.json", "PK\x03\x04\x14\x00", "", "zip", "zip"},
		{"utf16.json", "\xff\xfe{\x00", "", "utf16", "binary"},
		{"huge.json", strings.Repeat(" ", policy.MaxBundleBytes+1), "", "huge", "large"},
		{"none.json", `{"format":"policy-bundle/1","versions":[]}`, "", "none", "bundle"},
		{"cut.json", `{"format":"policy-bundle/1","kind":"auth","versi`, "", "cut", "bundle"},
		{"wrong.json", `{"kind":"auth","versions":3,"format":"policy-bundle/1"}`, "", "wrong", "bundle"},
		{"zero.json", `{"format":"policy-bundle/1","kind":"auth","versions":[{"number":0,"status":"active","document":"{}"}]}`, "", "zero", "bundle"},
		{"left-out.json", `{"format":"policy-bundle/1","kind":"auth","versions":[{"number":1,"status":"active","document":""}]}`, "", "left-out", "bundle"},
		{"later.json", `{"format":"policy-bundle/2"}`, "", "later", "format"},
	} {
		got := policy.ReadFile(policy.File{Name: tc.file, Text: []byte(tc.text)}, "")
		trouble := ""
		if got.Trouble != nil {
			trouble = strings.TrimPrefix(got.Trouble.Key, "policy_import.trouble.")
		}
		if got.Input.Kind != tc.kind || got.Input.Name != tc.name || trouble != tc.trouble || got.Bundle != nil {
			t.Errorf("%.40s: %q %+.200v", tc.file, trouble, got)
		}
		if tc.trouble == "" && got.Input.Document != tc.text {
			t.Errorf("%s: the text is another", tc.file)
		}
	}
	if got := policy.ReadFile(policy.File{Name: "odd.json", Text: []byte("{}")}, policydoc.KindAuth); got.Input.Kind != policydoc.KindAuth || !got.Untold {
		t.Errorf("told by a person: %+v", got)
	}
}

// A bundle is read by what an import needs: the rest of it may change.
func TestOldBundlesStayReadable(t *testing.T) {
	t.Parallel()
	text := `{"format":"policy-bundle/1","exported_at":5,"kind":"auth","name":"Old","description":"D","review_on":"2030-01-02","decisions":"none",
		"versions":[{"number":4,"status":"inactive","document":"{4}"},{"number":3,"status":"active","document":"{3}","note":7},{"number":2,"status":"dropped","document":""}]}`
	got := policy.ReadFile(policy.File{Name: "old.json", Text: []byte(text)}, "")
	if got.Trouble != nil || got.Bundle == nil || *got.Bundle != (policy.Taken{Number: 3, Others: 2, Waiting: 4}) {
		t.Fatalf("%+v", got)
	}
	if in := got.Input; in.Document != "{3}" || in.Name != "Old" || in.ReviewOn.Format("2006-01-02") != "2030-01-02" {
		t.Errorf("%+v", in)
	}
}

func TestImportIsJudgedAsTheEditorJudges(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.written("Taken")
	few := o.create(policy.Input{Kind: policydoc.KindAuth, GroupID: o.telecom.ID, Name: "Few", Description: "D", Document: letter("fullName")})
	o.must(o.activate(o.max, few.ID, few.Version))
	odd := letter("fullName", "shoeSize", "gender", "dateOfBirth")
	want, err := o.Judge(t.Context(), o.words(), policydoc.KindAuth, o.telecom.ID, id.Policy{}, odd)
	o.must(err)
	ins := []policy.Import{
		policy.ReadFile(policy.File{Name: "odd.json", Text: []byte(odd)}, ""),
		policy.ReadFile(policy.File{Name: "TAKEN.json", Text: []byte(odd)}, ""),
		policy.ReadFile(policy.File{Name: "x/odd.json", Text: []byte(odd)}, ""),
		policy.ReadFile(policy.File{Name: "untold.json", Text: []byte("{}")}, ""),
		policy.ReadFile(policy.File{Name: ".json", Text: []byte("{")}, ""),
		policy.ReadFile(policy.File{Name: "empty.json"}, ""),
	}
	for i := range ins {
		ins[i].Input.Description = "D"
	}
	ins[0].Input.ReviewOn = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	o.must(o.JudgeImports(t.Context(), o.telecom.ID, ins))
	if !slices.ContainsFunc(want.Findings, func(f policydoc.Finding) bool { return f.Code == "AP-206" }) || len(want.Findings) < 2 {
		t.Fatalf("the editor finds only %+v", want.Findings)
	}
	if diff := cmp.Diff(want, ins[0].Report); diff != "" {
		t.Error(diff)
	}
	if !ins[0].OK() || !ins[0].Input.ReviewOn.IsZero() {
		t.Errorf("%+v", ins[0])
	}
	for i, key := range map[int]string{1: "policy_rule.name_taken", 2: "policy_import.problem.twice", 4: "problem.required"} {
		if len(ins[i].Wrong) != 1 || ins[i].Wrong[0].Name != "name" || ins[i].Wrong[0].Key != key {
			t.Errorf("%s: %+v", ins[i].File, ins[i].Wrong)
		}
	}
	if !ins[3].Readable() || ins[3].OK() || len(ins[4].Report.Findings) != 1 || ins[5].OK() || len(ins[5].Report.Findings) != 0 {
		t.Errorf("%+v", ins[3:])
	}
}

// imports are two good inputs, with line ends and a missing last one that must
// survive (security.md UPL-5).
func imports() []policy.Import {
	return []policy.Import{
		{File: "dir/one.json", Input: policy.Input{ID: id.New[id.Policy](), Kind: policydoc.KindAuth, Name: "One", Description: "First", Document: strings.ReplaceAll(sample(policydoc.KindAuth, 0), "\n", "\r\n")}},
		{File: "two.json", Input: policy.Input{ID: id.New[id.Policy](), Note: "Imported", Kind: policydoc.KindDataShare, Name: "Two", Description: "Second", Document: strings.TrimSpace(sample(policydoc.KindDataShare, 0))}},
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
		if v.Document != ins[i].Input.Document || v.Note != ins[i].Input.Note || p.Status != policy.Inactive || p.GroupID != o.telecom.ID {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}
	events := o.count(`select count(*)::int from audit_log where action = @action and result = 'done'`, pg.Args{"action": audit.PolicyImported})
	if events != len(ins) {
		t.Errorf("%d events, want one for each policy", events)
	}
	files := o.count(`select count(*)::int from audit_log where action = @action and (detail::text like '%"one.json"%' or detail::text like '%"two.json"%')`, pg.Args{"action": audit.PolicyImported})
	if files != len(ins) {
		t.Errorf("%d events name the file", files)
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
		spoil func([]policy.Import)
		index int
		is    func(error) bool
	}{
		"findings": {func(ins []policy.Import) { ins[1].Input.Document = "{" }, 1, func(err error) bool { return errors.As(err, new(*policy.FindingsError)) }},
		"name taken": {func(ins []policy.Import) { ins[0].Input.Name = "taken" }, 0, func(err error) bool {
			var invalid *problem.InvalidError
			return errors.As(err, &invalid) && invalid.Fields[0].Name == "name"
		}},
		"one name twice":           {func(ins []policy.Import) { ins[1].Input.Name = ins[0].Input.Name }, 1, func(err error) bool { return errors.As(err, new(*problem.InvalidError)) }},
		"no description":           {func(ins []policy.Import) { ins[1].Input.Description = " " }, 1, func(err error) bool { return errors.As(err, new(*problem.InvalidError)) }},
		"no kind":                  {func(ins []policy.Import) { ins[1].Input.Kind = "misp" }, 1, func(err error) bool { return err != nil }},
		"the wrong kind":           {func(ins []policy.Import) { ins[0].Input.Kind = policydoc.KindDataShare }, 0, func(err error) bool { return errors.As(err, new(*policy.FindingsError)) }},
		"too large":                {func(ins []policy.Import) { ins[1].Input.Document += strings.Repeat(" ", policydoc.MaxBytes) }, 1, func(err error) bool { return err != nil }},
		"same id as a colleague's": {func(ins []policy.Import) { ins[0].Input.ID = o.written("Hers").ID }, 0, func(err error) bool { return errors.Is(err, problem.ErrConflict) }},
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
	in := policy.ReadFile(policy.File{Name: "x.json", Text: file}, "")
	if !in.OK() || in.Bundle == nil || *in.Bundle != (policy.Taken{Number: 1, Others: 1, Waiting: 2}) || in.Input.Name != "Travels" || in.Input.Document != sample(p.Kind, 0) {
		t.Errorf("%+v", in)
	}
	if _, err := o.Bundle(t.Context(), p.ID, policydoc.KindDataShare); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("of the other kind: %v", err)
	}
}

// However long a history is, its bundle can be imported again; and partners
// stand in it by name only.
func TestBundleIsBounded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("Long")
	o.exec(`insert into policy_versions (id, policy_id, number, document, status, errors, note, author_id, last_editor_id, created_at, updated_at)
		select gen_random_uuid(), policy_id, n, repeat('"', 200000), 'replaced', 1, '', author_id, last_editor_id, created_at, updated_at
		from policy_versions, generate_series(2, 101) n where policy_id = @id`, pg.Args{"id": p.ID})
	b, err := o.Bundle(t.Context(), p.ID, p.Kind)
	o.must(err)
	file, err := b.JSON()
	o.must(err)
	if len(file) > policy.MaxBundleBytes || len(b.Versions) != 101 || b.Versions[0].LeftOut || !b.Versions[1].LeftOut || b.Versions[100].LeftOut {
		t.Errorf("%d bytes, %d versions", len(file), len(b.Versions))
	}
	in := policy.ReadFile(policy.File{Name: "x.json", Text: file}, "")
	if !in.OK() || in.Input.Document != sample(p.Kind, 0) {
		t.Errorf("%.300v", in)
	}
}

func TestBundleNamesPartnersOnly(t *testing.T) {
	t.Parallel()
	touched := policy.Touched{ID: id.New[id.Partner](), Name: "Acme"}
	text, err := json.Marshal(policy.BundlePictureOf(policy.Picture{Number: 3, Partners: []policy.Touched{touched}, Pending: []policy.Touched{touched}}))
	if err != nil || strings.Contains(string(text), touched.ID.String()) || strings.Count(string(text), `["Acme"]`) != 2 || !strings.Contains(string(text), `"number":3`) {
		t.Errorf("%v %s", err, text)
	}
}
