package certdoc

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// RefusalError says why a file is not read at all: message Key with Args.
type RefusalError struct {
	Key  string
	Args []any
}

func (r *RefusalError) Error() string { return "certificate refused: " + r.Key }

func refuse(key string, args ...any) error { return &RefusalError{Key: key, Args: args} }

// Read takes a partner's certificate out of what it sent: one certificate in PEM
// with nothing but white space around it, or in DER, of at most MaxBytes
// (security.md UPL-1). Errors: *RefusalError.
func Read(file []byte) (*x509.Certificate, error) {
	if err := readable(file, MaxBytes); err != nil {
		return nil, err
	}
	if !IsPEM(file) {
		if _, err := readP7B(file); err == nil {
			return nil, refuse("certificate.problem.p7b")
		}
		return parse(file)
	}
	blocks, err := readPEM(file, MaxBundle)
	switch {
	case err != nil:
		return nil, err
	case blocks[0].Type == typeP7B:
		return nil, refuse("certificate.problem.p7b")
	case len(blocks) > 1:
		return nil, refuse("certificate.problem.several", "Count", len(blocks))
	}
	return parse(blocks[0].Bytes)
}

// ReadBundle takes up to MaxBundle certificates for the trust store out of a
// file: PEM, DER, or a P7B chain in either. Each stands once, in the order of
// the file. Errors: *RefusalError.
func ReadBundle(file []byte) ([]*x509.Certificate, error) {
	if err := readable(file, MaxBundleBytes); err != nil {
		return nil, err
	}
	ders, err := bundled(file)
	if err != nil {
		return nil, err
	}
	if len(ders) > MaxBundle {
		return nil, refuse("certificate.problem.many", "Max", MaxBundle)
	}
	var all []*x509.Certificate
	for i, der := range ders {
		if len(der) > MaxBytes {
			return nil, refuse("certificate.problem.one_too_large", "Number", i+1, "Max", MaxBytes>>10)
		}
		c, err := parse(der)
		if err != nil {
			return nil, err
		}
		if !contains(all, c) {
			all = append(all, c)
		}
	}
	return all, nil
}

func contains(all []*x509.Certificate, c *x509.Certificate) bool {
	for _, x := range all {
		if x.Equal(c) {
			return true
		}
	}
	return false
}

// bundled are the certificates of a file, unparsed.
func bundled(file []byte) ([][]byte, error) {
	if !IsPEM(file) {
		if ders, err := readP7B(file); err == nil {
			return ders, nil
		}
		return [][]byte{file}, nil
	}
	blocks, err := readPEM(file, MaxBundle)
	if err != nil {
		return nil, err
	}
	if blocks[0].Type != typeP7B {
		ders := make([][]byte, len(blocks))
		for i, b := range blocks {
			ders[i] = b.Bytes
		}
		return ders, nil
	}
	if len(blocks) > 1 {
		return nil, refuse("certificate.problem.unreadable")
	}
	ders, err := readP7B(blocks[0].Bytes)
	if err != nil {
		return nil, refuse("certificate.problem.unreadable")
	}
	return ders, nil
}

// readable refuses what is no certificate before anything is parsed.
func readable(file []byte, max int) error {
	switch {
	case len(bytes.TrimSpace(file)) == 0:
		return refuse("certificate.problem.empty")
	case HoldsKey(file):
		return refuse("certificate.problem.private_key")
	case len(file) > max:
		return refuse("certificate.problem.too_large", "Max", max>>10)
	}
	return nil
}

// HoldsKey recognises a private key in every form that tools write, by its shape
// alone: working one out could cost more than a request may. Whoever gets such a
// file refuses it and forgets it.
func HoldsKey(file []byte) bool {
	return bytes.Contains(file, []byte("PRIVATE KEY-----")) || isKeyDER(file)
}

func parse(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil || !bytes.Equal(c.Raw, der) {
		if _, err := x509.ParseCertificateRequest(der); err == nil {
			return nil, refuse("certificate.problem.request")
		}
		return nil, refuse("certificate.problem.unreadable")
	}
	return c, nil
}

const (
	typeCertificate = "CERTIFICATE"
	typeP7B         = "PKCS7"
	begin, end      = "-----BEGIN ", "-----END "
	dashes          = "-----"
)

// IsPEM reports whether a file is text rather than DER.
func IsPEM(file []byte) bool { return bytes.Contains(file, []byte(begin)) }

// readPEM reads at most max blocks with nothing but white space around them and
// no headers in them. encoding/pem would skip what stands around
// (security.md M12).
func readPEM(file []byte, max int) ([]*pem.Block, error) {
	rest := strings.TrimSpace(strings.ReplaceAll(string(file), "\r\n", "\n"))
	var blocks []*pem.Block
	for rest != "" {
		if len(blocks) == max {
			return nil, refuse("certificate.problem.many", "Max", max)
		}
		block, after, err := firstBlock(rest)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block)
		rest = strings.TrimSpace(after)
	}
	return blocks, nil
}

func firstBlock(s string) (b *pem.Block, rest string, err error) {
	if !strings.HasPrefix(s, begin) {
		return nil, "", refuse("certificate.problem.around")
	}
	kind, after, ok := strings.Cut(s[len(begin):], dashes+"\n")
	if !ok || strings.ContainsAny(kind, "-\n") {
		return nil, "", refuse("certificate.problem.unreadable")
	}
	body, rest, ok := strings.Cut(after, "\n"+end+kind+dashes)
	if !ok || rest != "" && rest[0] != '\n' && rest[0] != ' ' && rest[0] != '\t' {
		return nil, "", refuse("certificate.problem.cut")
	}
	switch kind {
	case typeCertificate, typeP7B:
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return nil, "", refuse("certificate.problem.request")
	default:
		return nil, "", refuse("certificate.problem.other_block", "Kind", clip(kind))
	}
	if strings.Contains(body, ":") {
		return nil, "", refuse("certificate.problem.headers")
	}
	der, err := base64.StdEncoding.Strict().DecodeString(strings.NewReplacer("\n", "", " ", "", "\t", "").Replace(body))
	if err != nil || len(der) == 0 {
		return nil, "", refuse("certificate.problem.unreadable")
	}
	return &pem.Block{Type: kind, Bytes: der}, rest, nil
}

func clip(s string) string {
	const most = 40
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > most {
		return string(r[:most]) + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// PEM is a certificate as text.
func PEM(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: der}) }
