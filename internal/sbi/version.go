package sbi

import "strings"

// CompareVersions compares two versions as people number them: numbers by value,
// what stands between them as text. It is negative where a comes before b.
func CompareVersions(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a = piece(strings.ToLower(a))
		y, b = piece(strings.ToLower(b))
		if c := comparePieces(x, y); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

// piece takes the digits, or what is none, from the beginning of a text.
func piece(s string) (first, rest string) {
	n := 1
	for n < len(s) && digit(s[n]) == digit(s[0]) {
		n++
	}
	return s[:n], s[n:]
}

func comparePieces(x, y string) int {
	if digit(x[0]) && digit(y[0]) {
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
	}
	return strings.Compare(x, y)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
