package api

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"

	"portal/internal/apikey"
	"portal/internal/problem"
)

// verdict is the answer to "is this key good?".
type verdict struct {
	Good        bool               `json:"good"`
	Reason      string             `json:"reason,omitempty"`
	CheckedAt   time.Time          `json:"checked_at"`
	Key         *keyAnswer         `json:"key,omitempty"`
	Partner     *partnerAnswer     `json:"partner,omitempty"`
	Grant       *grantAnswer       `json:"grant,omitempty"`
	Policy      *policyAnswer      `json:"policy,omitempty"`
	Certificate *certificateAnswer `json:"certificate,omitempty"`
}

type keyAnswer struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	EndsOn string `json:"ends_on"`
}

type partnerAnswer struct {
	ID           string `json:"id"`
	PublicID     string `json:"public_id"`
	Organisation string `json:"organisation"`
	Type         string `json:"type"`
}

type grantAnswer struct {
	ID     string `json:"id"`
	EndsOn string `json:"ends_on"`
}

// policyAnswer has version, document and etag only of a good key.
type policyAnswer struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Version  int    `json:"version,omitempty"`
	ETag     string `json:"etag,omitempty"`
	Document string `json:"document,omitempty"`
}

type certificateAnswer struct {
	Thumbprint string    `json:"thumbprint_sha256"`
	NotAfter   time.Time `json:"not_after"`
}

// verify says whether a key is good. The question was answered either way, so
// the status is 200 for both.
func (h handlers) verify(w http.ResponseWriter, r *http.Request) error {
	key, err := readKey(r)
	if err != nil {
		return err
	}
	v, err := h.keys.Verify(r.Context(), key)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, "application/json", answerOf(v))
}

func answerOf(v apikey.Verdict) verdict {
	a := verdict{Good: v.Good(), CheckedAt: v.At}
	if !a.Good {
		a.Reason = string(v.Standing)
	}
	s := v.Subject
	if s == nil {
		return a
	}
	a.Key = &keyAnswer{ID: s.KeyID.String(), Label: s.Label, EndsOn: s.EndsOn.Format(time.DateOnly)}
	a.Partner = &partnerAnswer{ID: s.PartnerID.String(), PublicID: s.PublicID, Organisation: s.Organisation, Type: string(s.PartnerType)}
	a.Grant = &grantAnswer{ID: s.GrantID.String(), EndsOn: s.GrantEndsOn.Format(time.DateOnly)}
	a.Policy = &policyAnswer{ID: s.PolicyID.String(), Name: s.PolicyName, Kind: string(s.PolicyKind)}
	if a.Good {
		a.Policy.Version, a.Policy.Document, a.Policy.ETag = s.Number, s.Document, apikey.ETag(s.Document)
	}
	if s.NotAfter != nil {
		a.Certificate = &certificateAnswer{Thumbprint: hex.EncodeToString(s.Thumbprint), NotAfter: *s.NotAfter}
	}
	return a
}

// readKey reads {"key": "…"} and nothing else.
func readKey(r *http.Request) (string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "", &statusError{status: http.StatusUnsupportedMediaType}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return "", err
		}
		return "", problem.ErrBadRequest // it ended in the middle
	}
	key, ok := onlyMember(body, "key")
	if !ok {
		return "", problem.ErrBadRequest
	}
	return key, nil
}

// onlyMember is the text of a JSON object's only member. encoding/json alone
// would take a second member of the same name, another spelling of the name, and
// broken UTF-8 (security.md UPL-4).
func onlyMember(body []byte, name string) (string, bool) {
	if !utf8.Valid(body) {
		return "", false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	var tokens [4]json.Token
	for i := range tokens {
		t, err := d.Token()
		if err != nil {
			return "", false
		}
		tokens[i] = t
	}
	value, ok := tokens[2].(string)
	if !ok || tokens[0] != json.Delim('{') || tokens[1] != name || tokens[3] != json.Delim('}') {
		return "", false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", false
	}
	return value, true
}
