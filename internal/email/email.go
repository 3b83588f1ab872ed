// Package email decides what an e-mail address is. One address has one
// canonical form, so one mailbox cannot be registered twice by changing
// letter case or the spelling of the domain.
//
// It refuses to know whether an address exists or can be reached: only a code
// sent to it proves that.
package email

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"portal/internal/problem"
)

// Limits of RFC 5321 in bytes (security.md REG-3).
const (
	MaxLocal = 64
	MaxTotal = 254
)

// Error says why a text is no address. Key is a message key.
type Error struct{ Key string }

func (e *Error) Error() string { return "e-mail address refused: " + e.Key }

// What Parse returns; compare with errors.Is.
var (
	ErrInvalid = &Error{Key: "email.invalid"}
	ErrTooLong = &Error{Key: "email.too_long"}
)

// Address is a valid e-mail address. Only Parse makes one. Compare Canonical,
// not Address: two spellings of one mailbox are different values.
type Address struct{ local, domain string }

// Field reads a typed address for the input called name: what is wrong with it
// is added to f, and the address is then zero.
func Field(f *problem.Fields, name, typed string) Address {
	typed = strings.TrimSpace(typed)
	address, err := Parse(typed)
	var refused *Error
	switch {
	case typed == "":
		f.Add(name, "problem.required")
	case errors.As(err, &refused):
		f.Add(name, refused.Key)
	case err != nil:
		f.Add(name, ErrInvalid.Key)
	default:
		return address
	}
	return Address{}
}

// String is the address to store and to write to: the local part as typed,
// because only the receiving server knows whether case matters there, and the
// canonical domain. It is plain ASCII without blanks, quotes or brackets.
func (a Address) String() string {
	if a.IsZero() {
		return ""
	}
	return a.local + "@" + a.domain
}

// Canonical is the unique key of the mailbox: String in lower case.
func (a Address) Canonical() string { return lowerASCII(a.String()) }

// Local is the part before the @, as typed.
func (a Address) Local() string { return a.local }

// Domain is the part after the @, as a lower-case A-label name.
func (a Address) Domain() string { return a.domain }

// IsZero tells whether this is no address at all.
func (a Address) IsZero() bool { return a == Address{} }

// Parse reads an address typed by a person. Blanks around it are dropped;
// nothing else is corrected. The error is ErrInvalid or ErrTooLong.
//
// Refused, although RFC 5322 allows them: display names, comments, quoted
// local parts, IP literals, letters outside ASCII before the @ and domains
// without a dot (security.md REG-3). Each of them has been used to make one
// program write to another mailbox than the one that the other checked.
func Parse(s string) (Address, error) {
	s = strings.TrimSpace(s)
	local, domain, ok := strings.Cut(s, "@")
	switch {
	case len(s) > 4*MaxTotal: // no domain shrinks that much; bounds the work below
		return Address{}, ErrTooLong
	case !ok || !utf8.ValidString(s) || !isDotAtom(local):
		return Address{}, ErrInvalid
	}
	domain, ok = canonicalDomain(domain)
	if !ok {
		return Address{}, ErrInvalid
	}
	if len(local) > MaxLocal || len(local)+1+len(domain) > MaxTotal {
		return Address{}, ErrTooLong
	}
	return Address{local: local, domain: domain}, nil
}

// isDotAtom tells whether s is RFC 5322's dot-atom: words of plain characters
// with single dots between them.
func isDotAtom(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" {
			return false
		}
		for _, r := range word {
			if !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// registration is the strict profile: it maps nothing, so a full-width or
// otherwise disguised letter is refused instead of turning into a plain one.
var registration = idna.New(idna.ValidateForRegistration(), idna.Transitional(false))

func canonicalDomain(typed string) (string, bool) {
	lower, ok := lowerDomain(typed)
	if !ok {
		return "", false
	}
	name, err := registration.ToASCII(lower)
	if err != nil {
		return "", false
	}
	// A name that does not survive the way to Unicode and back is a disguise
	// that another program may read as another domain.
	shown, err := registration.ToUnicode(name)
	if err != nil || shown != lower && name != lower {
		return "", false
	}
	dot := strings.LastIndexByte(name, '.')
	return name, dot > 0 && isTopLevel(name[dot+1:])
}

// lowerDomain lower-cases a domain. Letters such as KELVIN SIGN, whose lower
// case is an ASCII letter, are refused: they only serve to imitate one.
func lowerDomain(s string) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		low := unicode.ToLower(r)
		if r >= utf8.RuneSelf && low < utf8.RuneSelf {
			return "", false
		}
		b.WriteRune(low)
	}
	return norm.NFC.String(b.String()), true // some keyboards send letter and accent apart
}

// isTopLevel refuses IP addresses in all their spellings (127.0.0.1, 0x7f.1):
// a top-level domain has letters only, unless it is internationalised.
func isTopLevel(s string) bool {
	if strings.HasPrefix(s, "xn--") {
		return true
	}
	for _, r := range s {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return len(s) >= 2
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
