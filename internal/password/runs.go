package password

import "slices"

// rows are neighbouring keys on the keyboards of our users, read in both
// directions. No row holds a key twice.
var rows = func() [][]rune {
	var out [][]rune
	for _, row := range []string{
		"1234567890-=", "!@#$%^&*()_+", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./",
		"qwertzuiopü", "yxcvbnm", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:!", "&é\"'(-è_çà)=", "&e\"'(-_ca)=",
		"1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/", "1aqw", "2zsx",
		"!qaz", "@wsx", "#edc", "$rfv", "%tgb", "^yhn", "&ujm",
		"1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "a1b2c3d4e5f6g7h8i9j0", "1a2b3c4d5e6f7g8h9i0j",
		"147258369", "159", "357", "741852963",
		"ضصثقفغعهخحجد", "شسيبلاتنمكط", "ىةوزظ", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "ابجدهوزحطيكلمنسعفصقرشت",
	} {
		keys := fold(row)
		out = append(out, keys)
		back := slices.Clone(keys)
		slices.Reverse(back)
		out = append(out, back)
	}
	return out
}()

// runAt is the length of the longest run that text starts with: equal steps of
// at most two through the alphabet (aaaa, abcd, 97531) or keys side by side.
func runAt(text []rune) int {
	longest := 1
	for step := rune(-2); step <= 2; step++ {
		n := 1
		for n < len(text) && text[n]-text[n-1] == step {
			n++
		}
		longest = max(longest, n)
	}
	for _, row := range rows {
		at, n := slices.Index(row, text[0]), 0
		for at >= 0 && n < len(text) && at+n < len(row) && text[n] == row[at+n] {
			n++
		}
		longest = max(longest, n)
	}
	return longest
}

// repeatAt is the length of the longest piece that starts at i and stands in
// text[:i] already.
func repeatAt(text []rune, i int) int {
	longest := 0
	for j := range i {
		n := 0
		for i+n < len(text) && j+n < i && text[j+n] == text[i+n] {
			n++
		}
		longest = max(longest, n)
	}
	return longest
}

// isYear tells whether text starts with a year that somebody living remembers.
func isYear(text []rune) bool {
	century, ok := decimal(text, 0, 2)
	_, digits := decimal(text, 2, 4)
	return ok && digits && (century == 19 || century == 20)
}

// isDate tells whether text starts with a date of eight digits in one of the
// usual orders.
func isDate(text []rune) bool {
	split := func(day, month, year int) bool {
		d, _ := decimal(text, day, day+2)
		m, _ := decimal(text, month, month+2)
		return d >= 1 && d <= 31 && m >= 1 && m <= 12 && isYear(text[year:])
	}
	if _, ok := decimal(text, 0, 8); !ok {
		return false
	}
	return split(0, 2, 4) || split(2, 0, 4) || split(6, 4, 0)
}

func decimal(text []rune, from, to int) (int, bool) {
	if len(text) < to {
		return 0, false
	}
	n := 0
	for _, r := range text[from:to] {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = 10*n + int(r-'0')
	}
	return n, true
}
