package email

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
)

var label63 = strings.Repeat("d", 63)

// longest has exactly 254 bytes: 64 + 1 + 3×64−1 − 2.
var longest = strings.Repeat("a", 64) + "@" + label63 + "." + label63 + "." + strings.Repeat("d", 57) + ".com"

func TestREG3AcceptedAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, text, canonical string }{
		{"admin@demo.test", "admin@demo.test", "admin@demo.test"},
		{"manager@demo.test", "manager@demo.test", "manager@demo.test"},
		{"ftm@demo.test", "ftm@demo.test", "ftm@demo.test"},
		{" a@example.com ", "a@example.com", "a@example.com"},
		{"\ta@example.com\r\n", "a@example.com", "a@example.com"},
		{"\u00a0a@example.com\u2003", "a@example.com", "a@example.com"},
		{"Ann.Lee@Example.COM", "Ann.Lee@example.com", "ann.lee@example.com"},
		{"ann+mosip@example.com", "ann+mosip@example.com", "ann+mosip@example.com"},
		{"o'hara@example.ie", "o'hara@example.ie", "o'hara@example.ie"},
		{"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"},
		{"1@2.com", "1@2.com", "1@2.com"},
		{"a@1e100.net", "a@1e100.net", "a@1e100.net"},
		{"a@b.co", "a@b.co", "a@b.co"},
		{"a@sub.sub.sub.example.travel", "a@sub.sub.sub.example.travel", "a@sub.sub.sub.example.travel"},
		{"x-y_z@ex-ample.com", "x-y_z@ex-ample.com", "x-y_z@ex-ample.com"},
		{"a@bücher.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"a@BÜCHER.Example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"a@bu\u0308cher.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"a@xn--bcher-kva.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"a@straße.de", "a@xn--strae-oqa.de", "a@xn--strae-oqa.de"},
		{"a@مثال.إختبار", "a@xn--mgbh0fb.xn--kgbechtv", "a@xn--mgbh0fb.xn--kgbechtv"},
		{"a@例え.テスト", "a@xn--r8jz45g.xn--zckzah", "a@xn--r8jz45g.xn--zckzah"},
		{longest, longest, longest},
	} {
		got, err := Parse(c.in)
		if err != nil || got.String() != c.text || got.Canonical() != c.canonical {
			t.Errorf("Parse(%q) = %q, %q, %v; want %q, %q", c.in, got, got.Canonical(), err, c.text, c.canonical)
			continue
		}
		if got.Local()+"@"+got.Domain() != got.String() || got.IsZero() {
			t.Errorf("Parse(%q): parts %q and %q", c.in, got.Local(), got.Domain())
		}
	}
}

func TestREG3RefusedAddresses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", " ", "@", "a", "a@", "@example.com", "a@@example.com", "a@b@example.com",
		"example.com", "a example.com", "a b@example.com", "a@exam ple.com", "a@example.com b",
		// another mailbox behind the shown one
		"Ann <a@example.com>", "<a@example.com>", "a@example.com (Ann)", "(Ann)a@example.com", "a(x)@example.com",
		`"a"@example.com`, `"a b"@example.com`, `"<x@evil.test>"@example.com`, `"a@evil.test"@example.com`, `a\@b@example.com`,
		"a@example.com,b@example.com", "a@example.com;b@example.com", "mailto:a@example.com", "a:b@example.com",
		// mail headers
		"a@example.com\r\nBcc: b@example.com", "a\r\n@example.com", "a@example.com\nX", "a\x00@example.com", "a@exam\x00ple.com", "a@example.com\u2028x", "a\t@example.com",
		// no public domain
		"a@localhost", "root@example", "a@example.com.", "a@.example.com", "a@example..com", "a@.", "a@..", "a@com",
		"a@[127.0.0.1]", "a@127.0.0.1", "a@[IPv6:::1]", "a@::1", "a@0x7f.0x1", "a@1.1", "a@2130706433.1", "a@example.c", "a@example.c0m1", "a@example.123",
		// domain syntax
		"a@-example.com", "a@example-.com", "a@ex_ample.com", "a@ex!ample.com", "a@example.com/x", "a@example.com:25", "a@exa%6dple.com",
		"a@" + strings.Repeat("d", 64) + ".com",
		// local part syntax
		".a@example.com", "a.@example.com", "a..b@example.com", "a,b@example.com", "a[b]@example.com",
		// look-alikes
		"\u212Aate@example.com", "k@\u212Aelvin.com", "ａ@example.com", "a@ｅxample.com", "a@example。com", "a＠example.com",
		"é@example.com", "аdmin@example.com", "a@exa\u200bmple.com", "a@exam\u00adple.com", "\u200ea@example.com", "a@ⓔxample.com", "a@ﬁrm.com", "a@℀.com",
		"a@xn--a.com", "a@xn--.com", "a@xn--example-.com", "a@xn--bcher-KVAAAA\u00e9.com", "a@xn--fsq\u0130.com", "a@\u0130stanbul.com",
		"a\xff@example.com", "a@exam\xffple.com",
	} {
		if got, err := Parse(in); !errors.Is(err, ErrInvalid) || !got.IsZero() || got.String() != "" {
			t.Errorf("Parse(%q) = %q, %v; want ErrInvalid", in, got, err)
		}
	}
}

func TestREG3LongAddresses(t *testing.T) {
	t.Parallel()
	if len(longest) != MaxTotal {
		t.Fatalf("the longest address of this test has %d bytes", len(longest))
	}
	for name, in := range map[string]string{
		"local part of 65 bytes": strings.Repeat("a", 65) + "@example.com",
		"255 bytes":              strings.Replace(longest, ".com", ".info", 1),
		"over 254 as an A-label": strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("é", 40)+".", 4) + "com",
		"300 bytes":              strings.Repeat("a", 288) + "@example.com",
		"a megabyte":             strings.Repeat("a", 1<<20) + "@example.com",
	} {
		if _, err := Parse(in); !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: %v, want ErrTooLong", name, err)
		}
	}
}

func TestREG3OneMailboxHasOneCanonicalForm(t *testing.T) {
	t.Parallel()
	first, err := Parse("Ann@Bücher.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"ann@bücher.example", "ANN@BÜCHER.EXAMPLE", "aNN@xn--bcher-kva.example", " ann@bu\u0308cher.Example"} {
		if got, err := Parse(in); err != nil || got.Canonical() != first.Canonical() {
			t.Errorf("Parse(%q).Canonical() = %q, %v; want %q", in, got.Canonical(), err, first.Canonical())
		}
	}
}

// Whatever is accepted is plain, stable, and the same mailbox for other parsers.
func FuzzREG3Parse(f *testing.F) {
	for _, s := range []string{"a@example.com", "a@bücher.example", "a@xn--bcher-kva.example", `"a"@example.com`, "a@مثال.إختبار", "\u212A@\u212A.com", "a@faß.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		text := a.String()
		for _, r := range text {
			if r <= ' ' || r > '~' || strings.ContainsRune(`<>()[]\,;:"`, r) {
				t.Fatalf("%q holds %q", text, r)
			}
		}
		again, err := Parse(text)
		if err != nil || again != a {
			t.Fatalf("Parse(%q) = %q, then %q, %v", s, text, again, err)
		}
		canon, err := Parse(a.Canonical())
		if err != nil || canon.Canonical() != a.Canonical() || canon.String() != a.Canonical() {
			t.Fatalf("canonical form %q is not stable: %q, %v", a.Canonical(), canon, err)
		}
		if m, err := mail.ParseAddress(text); err != nil || m.Address != text || m.Name != "" {
			t.Fatalf("net/mail reads %q as %v, %v", text, m, err)
		}
		if len(text) > MaxTotal || len(a.Local()) > MaxLocal || !strings.Contains(a.Domain(), ".") {
			t.Fatalf("limits: %q", text)
		}
	})
}
