package certdoc

import "strings"

// MaxNameInCertificate is how many characters an organisation's name can have in
// a certificate (RFC 5280, ub-organization-name).
const MaxNameInCertificate = 64

// KeyKind is a kind of key that the help offers commands for.
type KeyKind string

// The kinds of keys.
const (
	RSA KeyKind = "rsa"
	EC  KeyKind = "ec"
)

// Commands are the two lines that make a key of a kind and a request for a
// certificate in an organisation's name, to be pasted into a POSIX shell. The
// name cannot end its quotes, whatever it holds.
func Commands(kind KeyKind, organisation string) (makeKey, makeRequest string) {
	makeKey = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -aes256 -out partner.key"
	encrypts := "keyEncipherment"
	if kind == EC { // whose key others agree on one with, and never encrypt to (RFC 8813 §3)
		makeKey = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -out partner.key"
		encrypts = "keyAgreement"
	}
	return makeKey, "openssl req -new -utf8 -sha256 -key partner.key -out partner.csr -subj " + quote("/O="+escape(organisation)+"/CN=partner") +
		" \\\n  -addext 'keyUsage=critical,digitalSignature," + encrypts + "'"
}

// escape keeps a name in one attribute of OpenSSL's -subj, where "/" begins the
// next one and "+" a second value.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1 // the terminal's, never a name's
		}
		return r
	}, s)
	return strings.NewReplacer(`\`, `\\`, `/`, `\/`, `+`, `\+`).Replace(s)
}

// quote is a text as one word of a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
