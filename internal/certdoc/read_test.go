package certdoc

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"portal/internal/certdoc/certmake"
)

// day0 is when these tests take place.
var day0 = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func years(n int) time.Time { return day0.AddDate(n, 0, 0) }

func made(t testing.TB) func(certmake.Holder, error) certmake.Holder {
	return func(h certmake.Holder, err error) certmake.Holder {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
}

func refusal(err error) string {
	var r *RefusalError
	if errors.As(err, &r) {
		return strings.TrimPrefix(r.Key, "certificate.problem.")
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestUPL1OneCertificateAndNothingElse(t *testing.T) {
	t.Parallel()
	root := made(t)(certmake.Root("Trust", years(-1), years(9)))
	leaf := made(t)(root.Leaf("Acme", years(0), years(2)))
	der := leaf.Cert.Raw
	text := string(PEM(der))
	chain, err := P7B(der, root.Cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(leaf.Key)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	csr, _ := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{}, leaf.Key)
	for name, c := range map[string]struct{ file, want string }{
		"PEM":                       {text, ""},
		"DER":                       {string(der), ""},
		"white space around":        {"\r\n \t" + text + "\n\n", ""},
		"line ends of Windows":      {strings.ReplaceAll(text, "\n", "\r\n"), ""},
		"other line length":         {"-----BEGIN CERTIFICATE-----\n" + strings.ReplaceAll(text[28:len(text)-26], "\n", "") + "\n-----END CERTIFICATE-----", ""},
		"nothing":                   {" \n", "empty"},
		"text before":               {"Bag Attributes\n" + text, "around"},
		"text after":                {text + "and more", "around"},
		"byte order mark":           {"\ufeff" + text, "around"},
		"headers":                   {strings.Replace(text, "-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n", 1), "headers"},
		"cut off":                   {text[:len(text)-30], "cut"},
		"two":                       {text + string(PEM(root.Cert.Raw)), "several"},
		"eleven":                    {strings.Repeat(text, 11), "many"},
		"chain":                     {string(chain), "p7b"},
		"key":                       {key, "private_key"},
		"key after the certificate": {text + key, "private_key"},
		"key in DER":                {string(pkcs8), "private_key"},
		"encrypted key":             {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "private_key"},
		"request":                   {string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})), "request"},
		"request in DER":            {string(csr), "request"},
		"public key":                {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "other_block"},
		"DER with a byte more":      {string(der) + "\x00", "unreadable"},
		"broken base64":             {strings.Replace(text, "M", "!", 1), "unreadable"},
		"words":                     {"hello", "unreadable"},
		"too large":                 {text + strings.Repeat(" ", MaxBytes), "too_large"},
		"key, too large":            {key + strings.Repeat(" ", MaxBytes), "private_key"},
	} {
		got, err := Read([]byte(c.file))
		if refusal(err) != c.want || err == nil && !bytes.Equal(got.Raw, der) {
			t.Errorf("%s: %q, want %q", name, refusal(err), c.want)
		}
	}
}

func TestUPL1Bundles(t *testing.T) {
	t.Parallel()
	root := made(t)(certmake.Root("Trust", years(-1), years(9)))
	middle := made(t)(root.Intermediate("Middle", years(-1), years(8)))
	rootPEM, middlePEM := string(PEM(root.Cert.Raw)), string(PEM(middle.Cert.Raw))
	chain, err := P7B(middle.Cert.Raw, root.Cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(chain)
	large := made(t)(certmake.Root("Large", years(-1), years(9), func(c *x509.Certificate) {
		c.PermittedDNSDomains = strings.Split(strings.Repeat("abcdefghijklmnopqrstuvwxyz.example ", 500)+"x", " ")
	}))
	for name, c := range map[string]struct {
		file, want string
		count      int
	}{
		"PEM":             {rootPEM, "", 1},
		"DER":             {string(root.Cert.Raw), "", 1},
		"two":             {rootPEM + middlePEM, "", 2},
		"one twice":       {rootPEM + middlePEM + rootPEM, "", 2},
		"P7B":             {string(chain), "", 2},
		"P7B in DER":      {string(block.Bytes), "", 2},
		"P7B and more":    {string(chain) + rootPEM, "unreadable", 0},
		"eleven":          {strings.Repeat(rootPEM, 11), "many", 0},
		"one too large":   {string(PEM(large.Cert.Raw)), "one_too_large", 0},
		"whole too large": {rootPEM + strings.Repeat("\n", MaxBundleBytes), "too_large", 0},
		"key in it":       {rootPEM + "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "private_key", 0},
		"broken P7B":      {string(pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: block.Bytes[:40]})), "unreadable", 0},
	} {
		got, err := ReadBundle([]byte(c.file))
		if refusal(err) != c.want || len(got) != c.count {
			t.Errorf("%s: %q and %d, want %q and %d", name, refusal(err), len(got), c.want, c.count)
		}
	}
	ders := make([][]byte, MaxBundle+1)
	for i := range ders {
		ders[i] = root.Cert.Raw
	}
	many, _ := P7B(ders...)
	if _, err := ReadBundle(many); refusal(err) != "many" {
		t.Errorf("eleven in a P7B: %v", err)
	}
}

// The names of two organisations, compared as people see and do not see them.
func TestDifferencesCharacterByCharacter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ ours, theirs, want string }{
		"equal":           {"Acme", "Acme", "=Acme"},
		"composed":        {"Café", " Cafe\u0301 ", "=Café"},
		"case":            {"Acme", "ACME", "=A -cme+CME"},
		"no-break space":  {"A B", "A\u00a0B", "=A -<certificate.sign.space>+<certificate.sign.no_break_space> =B"},
		"Cyrillic":        {"Acme", "\u0410cme", "-A+\u0410 =cme"},
		"added":           {"Acme", "Acme Ltd", "=Acme +<certificate.sign.space>Ltd"},
		"zero width":      {"Acme", "Ac\u200bme", "=Ac +<certificate.sign.zero_width_space> =me"},
		"unknown control": {"Acme", "Acme\u0001", "=Acme +<certificate.sign.other>"},
	} {
		var parts []string
		for _, p := range Compare(c.ours, c.theirs) {
			if p.Same {
				parts = append(parts, "="+spell(p.Ours))
				continue
			}
			part := ""
			if len(p.Ours) > 0 {
				part += "-" + spell(p.Ours)
			}
			if len(p.Theirs) > 0 {
				part += "+" + spell(p.Theirs)
			}
			parts = append(parts, part)
		}
		if got := strings.Join(parts, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if same := SameName(c.ours, c.theirs); same != (len(parts) == 1 && parts[0][0] == '=') {
			t.Errorf("%s: same %v", name, same)
		}
	}
	long := strings.Repeat("x", 100_000)
	if n := len(Compare(long, long+"y")); n != 1 {
		t.Errorf("%d pieces of endless names", n)
	}
}

func spell(signs []Sign) string {
	var b strings.Builder
	for _, s := range signs {
		b.WriteString(s.Text)
		if s.NameKey != "" {
			b.WriteString("<" + s.NameKey + ">")
		}
	}
	return b.String()
}

func FuzzCertUpload(f *testing.F) {
	root := made(f)(certmake.Root("Trust", years(-1), years(9)))
	f.Add(PEM(root.Cert.Raw))
	f.Add(root.Cert.Raw)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := Read(file)
		if err != nil {
			if refusal(err) == err.Error() {
				t.Fatalf("no refusal: %v", err)
			}
			return
		}
		if len(PEM(c.Raw)) > MaxBytes {
			return // in DER it was just small enough
		}
		again, err := Read(PEM(c.Raw))
		if err != nil || !bytes.Equal(again.Raw, c.Raw) {
			t.Fatalf("written and read again: %v", err)
		}
		ForPartner(c, Partner{Organisation: "Acme", Domain: Auth}, []Authority{{Cert: root.Cert, Domain: Auth, Root: true, InUse: true}}, Rules{}, day0)
		ForStore(c, Auth, nil, Rules{}, day0)
	})
}

func FuzzP7B(f *testing.F) {
	root := made(f)(certmake.Root("Trust", years(-1), years(9)))
	chain, _ := P7B(root.Cert.Raw, root.Cert.Raw)
	f.Add(chain)
	block, _ := pem.Decode(chain)
	f.Add(block.Bytes)
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := ReadBundle(file)
		if err != nil {
			if refusal(err) == err.Error() {
				t.Fatalf("no refusal: %v", err)
			}
			return
		}
		var ders [][]byte
		for _, c := range all {
			ders = append(ders, c.Raw)
		}
		out, err := P7B(ders...)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > MaxBundleBytes {
			return // in DER it was just small enough
		}
		again, err := ReadBundle(out)
		if err != nil || len(again) != len(all) {
			t.Fatalf("%d written, %d read again: %v", len(all), len(again), err)
		}
		for i := range all {
			if !all[i].Equal(again[i]) {
				t.Fatal("another certificate came back")
			}
		}
	})
}
