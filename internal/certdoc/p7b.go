package certdoc

import (
	encodingasn1 "encoding/asn1"
	"encoding/pem"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidData       = encodingasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData = encodingasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
)

var errP7B = errors.New("no PKCS #7 file that holds certificates only")

// tag0 and tag1 are the context-specific, constructed tags [0] and [1].
var (
	tag0 = asn1.Tag(0).ContextSpecific().Constructed()
	tag1 = asn1.Tag(1).ContextSpecific().Constructed()
)

// readP7B reads the certificates of a "certs only" PKCS #7 file: SignedData
// (RFC 2315 §9.1) in DER without content, digests and signers. A list of revoked
// certificates is passed over. Nothing may follow.
func readP7B(der []byte) ([][]byte, error) {
	in := cryptobyte.String(der)
	var info, signed, content, certs cryptobyte.String
	var oid encodingasn1.ObjectIdentifier
	if !in.ReadASN1(&info, asn1.SEQUENCE) || !in.Empty() ||
		!info.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSignedData) ||
		!info.ReadASN1(&content, tag0) || !info.Empty() ||
		!content.ReadASN1(&signed, asn1.SEQUENCE) || !content.Empty() {
		return nil, errP7B
	}
	var version int64
	var digests, inner, signers cryptobyte.String
	if !signed.ReadASN1Integer(&version) || version < 1 || version > 5 ||
		!signed.ReadASN1(&digests, asn1.SET) || !digests.Empty() ||
		!signed.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidData) || !inner.Empty() ||
		!signed.ReadASN1(&certs, tag0) || !signed.SkipOptionalASN1(tag1) ||
		!signed.ReadASN1(&signers, asn1.SET) || !signers.Empty() || !signed.Empty() {
		return nil, errP7B
	}
	var all [][]byte
	for !certs.Empty() {
		var cert cryptobyte.String
		if len(all) > MaxBundle || !certs.ReadASN1Element(&cert, asn1.SEQUENCE) {
			return nil, errP7B
		}
		all = append(all, cert)
	}
	if len(all) == 0 {
		return nil, errP7B
	}
	return all, nil
}

// P7B is a chain as a "certs only" PKCS #7 file in PEM, as OpenSSL and Windows
// read it.
func P7B(ders ...[]byte) ([]byte, error) {
	der, err := p7b(ders)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: typeP7B, Bytes: der}), nil
}

func p7b(ders [][]byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(asn1.SET, func(*cryptobyte.Builder) {})
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
				b.AddASN1(tag0, func(b *cryptobyte.Builder) {
					for _, der := range ders {
						b.AddBytes(der)
					}
				})
				b.AddASN1(asn1.SET, func(*cryptobyte.Builder) {})
			})
		})
	})
	return b.Bytes()
}

// isKeyDER recognises the shapes that DER gives to private keys: PKCS #1, SEC 1,
// PKCS #8 and PKCS #12 begin with a small version number, which is followed by a
// number, the key's bytes or the algorithm; PKCS #8 behind a passphrase is an
// algorithm and the encrypted bytes. No certificate, request or chain looks so.
func isKeyDER(der []byte) bool {
	in := cryptobyte.String(der)
	var outer, algorithm cryptobyte.String
	if !in.ReadASN1(&outer, asn1.SEQUENCE) {
		return false
	}
	if outer.PeekASN1Tag(asn1.INTEGER) {
		var version int64
		return outer.ReadASN1Integer(&version) && version >= 0 && version <= 3 &&
			(outer.PeekASN1Tag(asn1.INTEGER) || outer.PeekASN1Tag(asn1.OCTET_STRING) || outer.PeekASN1Tag(asn1.SEQUENCE))
	}
	var oid encodingasn1.ObjectIdentifier
	return outer.ReadASN1(&algorithm, asn1.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&oid) &&
		outer.SkipASN1(asn1.OCTET_STRING) && outer.Empty()
}
