package certdoc

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// openssl runs the command as people do. It is never skipped: without OpenSSL
// the test fails and says so.
func openssl(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = dir
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %s: %v (make deps installs it)\n%s", strings.Join(args, " "), err, wrong.String())
	}
	return out
}

func file(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// issued is a folder with root.pem, middle.pem and leaf.pem, made as an operator
// and a partner would.
func issued(t *testing.T, subject string) string {
	t.Helper()
	dir := t.TempDir()
	const ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
	for name, text := range map[string]string{
		"ca.ext":   ca,
		"leaf.ext": "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openssl(t, dir, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "root.key", "-out", "root.pem",
		"-days", "3650", "-subj", "/O=Trust/CN=Root", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
	openssl(t, dir, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "middle.key", "-out", "middle.csr", "-subj", "/O=Trust/CN=Issuing")
	openssl(t, dir, "x509", "-req", "-in", "middle.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3000", "-extfile", "ca.ext", "-out", "middle.pem")
	openssl(t, dir, "req", "-newkey", "rsa:2048", "-utf8", "-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", subject)
	openssl(t, dir, "x509", "-req", "-in", "leaf.csr", "-CA", "middle.pem", "-CAkey", "middle.key", "-CAcreateserial", "-days", "500", "-extfile", "leaf.ext", "-out", "leaf.pem")
	return dir
}

func TestCertificatesOfOpenSSLPass(t *testing.T) {
	t.Parallel()
	dir := issued(t, "/O=شركة الأمان/CN=partner")
	openssl(t, dir, "x509", "-in", "leaf.pem", "-outform", "DER", "-out", "leaf.cer")
	openssl(t, dir, "crl2pkcs7", "-nocrl", "-certfile", "root.pem", "-certfile", "middle.pem", "-out", "chain.p7b")
	openssl(t, dir, "crl2pkcs7", "-nocrl", "-certfile", "root.pem", "-certfile", "middle.pem", "-outform", "DER", "-out", "chain.der")
	now := time.Now() // they are made now
	var store []Authority
	for _, name := range []string{"chain.p7b", "chain.der"} {
		store = nil
		all, err := ReadBundle(file(t, dir, name))
		if err != nil || len(all) != 2 {
			t.Fatalf("%s: %d, %v", name, len(all), err)
		}
		for _, c := range all {
			if j := ForStore(c, Auth, store, rules, now); !j.Good() {
				t.Errorf("%s: %s: %s", name, j.Subject, said(j))
			}
			store = append(store, Authority{Cert: c, Domain: Auth, Root: Root(c), InUse: true})
		}
	}
	for _, name := range []string{"leaf.pem", "leaf.cer"} {
		c, err := Read(file(t, dir, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if j := ForPartner(c, Partner{Organisation: "شركة الأمان", Domain: Auth}, store, rules, now); !j.Good() || len(j.Chain) != 2 || j.Key != "RSA 2048" {
			t.Errorf("%s: %s %+v", name, said(j), j.Facts)
		}
	}
	for _, name := range []string{"leaf.key", "root.key", "leaf.csr"} {
		if _, err := Read(file(t, dir, name)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	openssl(t, dir, "pkcs12", "-export", "-in", "leaf.pem", "-inkey", "leaf.key", "-passout", "pass:secret", "-out", "leaf.p12")
	openssl(t, dir, "pkcs8", "-topk8", "-in", "leaf.key", "-passout", "pass:secret", "-outform", "DER", "-out", "leaf.pk8")
	openssl(t, dir, "ec", "-in", "root.key", "-outform", "DER", "-out", "root.der")
	for _, name := range []string{"leaf.key", "leaf.p12", "leaf.pk8", "root.der"} {
		if _, err := Read(file(t, dir, name)); refusal(err) != "private_key" {
			t.Errorf("UPL-1: %s: %v", name, err)
		}
		if _, err := ReadBundle(file(t, dir, name)); refusal(err) != "private_key" {
			t.Errorf("UPL-1: %s in a bundle: %v", name, err)
		}
	}
	p7b, err := P7B(store[1].Cert.Raw, store[0].Cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ours.p7b"), p7b, 0o600); err != nil {
		t.Fatal(err)
	}
	shown := string(openssl(t, dir, "pkcs7", "-print_certs", "-in", "ours.p7b"))
	for _, c := range []*x509.Certificate{store[0].Cert, store[1].Cert} {
		if !strings.Contains(shown, string(PEM(c.Raw))) {
			t.Errorf("OpenSSL does not find %s in\n%s", c.Subject, shown)
		}
	}
	if theirs := openssl(t, dir, "crl2pkcs7", "-nocrl", "-certfile", "middle.pem", "-certfile", "root.pem"); !bytes.Equal(theirs, p7b) {
		t.Error("OpenSSL writes another file")
	}
}

// The commands of the help make a request in exactly the organisation's name,
// whatever the name does to shells and to OpenSSL.
func TestCommandsOfTheHelpRunAsTheyStand(t *testing.T) {
	t.Parallel()
	for i, organisation := range []string{
		"Acme", "Crédit d’Été", "شركة الأمان للتأمين", `O'Brien & Sons; touch pwned`, `$(touch pwned) "x" \ /CN=evil`, "A+B/C=D", "`touch pwned`",
		"Line\nend", strings.Repeat("é", MaxNameInCertificate),
	} {
		kind := EC
		if i%4 == 3 { // an RSA key takes its time
			kind = RSA
		}
		dir := t.TempDir()
		makeKey, makeRequest := Commands(kind, organisation)
		for _, line := range []string{makeKey + " -pass pass:secret", makeRequest + " -passin pass:secret"} {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", line, err, out)
			}
		}
		block := openssl(t, dir, "req", "-in", "partner.csr", "-outform", "DER")
		csr, err := x509.ParseCertificateRequest(block)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(organisation, "\n", "")
		if len(csr.Subject.Organization) != 1 || csr.Subject.Organization[0] != want || csr.Subject.CommonName != "partner" {
			t.Errorf("%q makes %s", organisation, csr.Subject)
		}
		uses := map[KeyKind]string{RSA: "Key Encipherment", EC: "Key Agreement"}
		if text := string(openssl(t, dir, "req", "-in", "partner.csr", "-noout", "-text")); !strings.Contains(text, "Digital Signature, "+uses[kind]+"\n") {
			t.Errorf("%s: %s", kind, text)
		}
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Errorf("%q runs a command", organisation)
		}
	}
}
