//go:build conformance

package devicetype_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// codes are the named columns of a file of what deployments have.
func codes(t *testing.T, file string, columns ...string) [][]string {
	t.Helper()
	folder := os.Getenv("MOSIP")
	if folder == "" {
		t.Fatal("MOSIP names the folder with real data; it is not set")
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", "..", folder)
	}
	text, err := os.ReadFile(filepath.Join(folder, "csv", file))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s has %d rows: %v", file, len(rows), err)
	}
	var out [][]string
	for _, row := range rows[1:] {
		var line []string
		for _, column := range columns {
			i := slices.Index(rows[0], column)
			if i < 0 {
				t.Fatalf("%s has no column %s: %v", file, column, rows[0])
			}
			line = append(line, row[i])
		}
		out = append(out, line)
	}
	return out
}

// TestConformanceDeviceTypes holds that whatever deployments call a device, this
// portal knows from its first day, by exactly this code.
func TestConformanceDeviceTypes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ts := d.all()
	types, subTypes := codes(t, "device_type.csv", "code"), codes(t, "device_sub_type.csv", "dtyp_code", "code")
	for _, c := range types {
		if !strings.Contains(" "+order(ts), " "+c[0]+"[") {
			t.Errorf("no type %s", c[0])
		}
	}
	for _, c := range subTypes {
		if tt, s, ok := ts.Find(c[0], c[1]); !ok || tt.Code != c[0] || s.Code != c[1] {
			t.Errorf("no sub-type %s of %s", c[1], c[0])
		}
	}
}
