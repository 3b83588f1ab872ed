package sbi_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"portal/internal/problem"
	"portal/internal/sbi"
)

// digits is a SHA-256 in hex.
const digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestAHashIsTakenAsToolsPrintIt(t *testing.T) {
	t.Parallel()
	bytes := make([]string, 0, 32)
	for i := 0; i < len(digits); i += 2 {
		bytes = append(bytes, digits[i:i+2])
	}
	for _, text := range []string{
		digits, strings.ToUpper(digits), "  " + digits + "\n", "sha256:" + digits, "SHA256=" + digits, "SHA-256: " + digits,
		strings.Join(bytes, ":"), strings.Join(bytes, " "), strings.Join(bytes, "-"), digits[:32] + "\n" + digits[32:],
		digits + "  camera-2.1.0.bin", "SHA256 (camera.bin) = " + digits, "SHA256 hash of camera.bin:\r\n" + digits + "\r\nCertUtil: done.",
	} {
		if got, err := sbi.ReadHash(text); err != nil || hex.EncodeToString(got) != digits {
			t.Errorf("%q: %x %v", text, got, err)
		}
	}
}

func TestAWrongHashIsToldPrecisely(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "problem.required", " \n": "problem.required", "sha256:": "problem.required",
		digits[:63]: "sbi.problem.hash_short 1", "a": "sbi.problem.hash_short 63",
		digits + "0": "sbi.problem.hash_long 1", digits + digits + "0": "sbi.problem.hash_long 65",
		digits[:32]: "sbi.problem.hash_other MD5", digits[:40]: "sbi.problem.hash_other SHA-1", digits + digits: "sbi.problem.hash_other SHA-512",
		digits[:63] + "g": "sbi.problem.hash_character g", digits[:63] + "é": "sbi.problem.hash_character é",
		digits[:63] + "\x00": "sbi.problem.hash_character �", digits[:63] + "\u202e": "sbi.problem.hash_character �",
		"not a hash": "sbi.problem.hash_character n",
	} {
		_, err := sbi.ReadHash(text)
		var invalid *problem.InvalidError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Name != sbi.FieldHash {
			t.Errorf("%q: %v", text, err)
			continue
		}
		f := invalid.Fields[0]
		got := f.Key
		if len(f.Args) > 0 {
			got += " " + text1(f.Args[1])
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// FuzzHash: whatever is pasted, it is 32 bytes or one finding at the field; and what
// was read reads the same again.
func FuzzHash(f *testing.F) {
	for _, s := range []string{digits, "sha256:" + digits, "", "x", digits + digits, "\xff", "SHA256 (a) = " + digits} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sum, err := sbi.ReadHash(text)
		var invalid *problem.InvalidError
		switch {
		case err != nil && !errors.As(err, &invalid):
			t.Errorf("%q: %v", text, err)
		case err == nil && len(sum) != 32:
			t.Errorf("%q: %x", text, sum)
		case err == nil:
			if again, err := sbi.ReadHash(hex.EncodeToString(sum)); err != nil || string(again) != string(sum) {
				t.Errorf("%q: %x, %v", text, again, err)
			}
		}
	})
}

func TestVersionsInTheirOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.9", "1.10", -1},
		{"2.0", "1.10", 1},
		{"1.0", "1.0", 0},
		{"1.0", "1.0.1", -1},
		{"V2", "v2", 0},
		{"1.02", "1.2", 0},
		{"1.0-beta", "1.0-rc", -1},
		{"é", "é", 0},
		{"", "1", -1},
	} {
		got := sbi.CompareVersions(c.a, c.b)
		if got < 0 != (c.want < 0) || got > 0 != (c.want > 0) {
			t.Errorf("%q %q: %d", c.a, c.b, got)
		}
		if back := sbi.CompareVersions(c.b, c.a); back < 0 != (got > 0) || back > 0 != (got < 0) {
			t.Errorf("%q %q: not the other way round", c.a, c.b)
		}
	}
}
