//go:build conformance

package policy_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"portal/internal/policy"
)

// realData is the folder with what deployments have.
func realData(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("MOSIP")
	if folder == "" {
		t.Fatal("MOSIP names the folder with real data; it is not set")
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", "..", folder)
	}
	return folder
}

// TestConformanceUPL5RoundTrip imports every document that deployments have, and
// compares what is stored byte for byte.
func TestConformanceUPL5RoundTrip(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(realData(t), "policies", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d documents: %v", len(names), err)
	}
	o := newOffice(t)
	var ins []policy.Import
	for _, name := range names {
		text, err := os.ReadFile(name)
		o.must(err)
		in := policy.ReadFile(policy.File{Name: name, Text: text}, "")
		in.Input.Description = "Imported"
		ins = append(ins, in)
	}
	o.must(o.JudgeImports(t.Context(), o.telecom.ID, ins))
	for _, in := range ins {
		if !in.OK() {
			t.Errorf("%s: %+v %v", in.File, in.Report.Findings, in.Wrong)
		}
	}
	made, err := o.ImportPolicies(t.Context(), o.ada, o.telecom.ID, ins)
	o.must(err)
	for i, p := range made {
		want, err := os.ReadFile(names[i])
		o.must(err)
		v, err := o.Version(t.Context(), p.ID, 1)
		o.must(err)
		if v.Document != string(want) {
			t.Errorf("%s: %d bytes are stored, want %d", names[i], len(v.Document), len(want))
		}
	}
}

// TestConformanceGroups loads the policy groups that deployments begin with.
func TestConformanceGroups(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(realData(t), "csv", "policy_group.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 || rows[0][1] != "name" || rows[0][2] != "descr" {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	o := newOffice(t)
	before, err := o.ActiveGroups(t.Context())
	o.must(err)
	for _, row := range rows[1:] {
		if _, err := o.CreateGroup(t.Context(), o.max, policy.GroupInput{Name: row[1], Description: row[2]}); err != nil {
			t.Errorf("%s: %v", row[1], err)
		}
	}
	after, err := o.ActiveGroups(t.Context())
	o.must(err)
	if got, want := len(after)-len(before), len(rows)-1; got != want {
		t.Errorf("%d groups loaded, want %d", got, want)
	}
}
