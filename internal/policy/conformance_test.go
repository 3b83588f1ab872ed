//go:build conformance

package policy_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"portal/internal/policy"
)

// TestConformanceGroups loads the policy groups that deployments begin with.
func TestConformanceGroups(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("MOSIP")
	if folder == "" {
		t.Fatal("MOSIP names the folder with real data; it is not set")
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", "..", folder)
	}
	f, err := os.Open(filepath.Join(folder, "csv", "policy_group.csv"))
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
