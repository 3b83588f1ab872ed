package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// Eyes says when a second person has to put a version into force (design
// decision 1; setting four-eyes).
type Eyes string

// The settings.
const (
	EyesAlways Eyes = "always" // each time
	EyesByRisk Eyes = "risk"   // not where a change only narrows or is neutral, holds no special data, and is not the first
	EyesOff    Eyes = "off"    // never: an office of one person
)

// Action is a decision on a policy. Each has a page that shows a Picture first.
type Action string

// The actions.
const (
	Activate   Action = "activate"   // put the version that waits into force
	Deactivate Action = "deactivate" // take the policy out of force
	Reactivate Action = "reactivate" // put the deactivated version back into force
	Restore    Action = "restore"    // make an old version a new one that waits
)

// Picture is what a decision will do, as facts: its page shows it, and it is
// kept with the decision. Everything of it is plain data.
//
// It is compared with what is in force; where nothing is, with nothing, because
// that is what partners have: all of it comes, whatever the policy said before
// it was deactivated.
type Picture struct {
	Action          Action          `json:"action"`
	Row             int             `json:"row"`                        // row version of the policy
	Number          int             `json:"number"`                     // of the version that the decision is about
	Against         int             `json:"against,omitempty"`          // of the version that it is compared with; 0: with nothing
	Document        string          `json:"document"`                   // SHA-256 of the version's text, in hex
	AgainstDocument string          `json:"against_document,omitempty"` // of the other's
	Changes         policydoc.Delta `json:"changes"`
	Class           policydoc.Class `json:"class"` // of Changes; Widens also where nothing is in force now, or a text cannot be understood; Narrows where a policy goes out of force

	// Special: the version, or the change, is about special data. For four eyes
	// that is not only what the vocabulary calls special now, but also what
	// every installation starts with as special, what was special when the
	// version in force was activated, and every name that the vocabulary does
	// not have (see careful). Changes say what the vocabulary says.
	Special      bool     `json:"special"`
	SpecialNames []string `json:"special_names,omitempty"` // of the version, each behind its family and a space

	First          bool      `json:"first"` // the policy was never in force
	Own            bool      `json:"own"`   // whoever looks wrote the version or edited it last
	Eyes           Eyes      `json:"eyes"`
	Findings       []Finding `json:"findings,omitempty"` // what the page said of the version's text; none where a policy goes out of force
	Partners       []Touched `json:"partners"`           // by name, at most maxTouched
	PartnersTotal  int       `json:"partners_total"`
	PartnersDigest string    `json:"partners_digest,omitempty"` // SHA-256 of the ids of all of them, in hex; "" of none
	Pending        []Touched `json:"pending"`                   // requests that would be judged by the new text, oldest first
	PendingTotal   int       `json:"pending_total"`
	PendingDigest  string    `json:"pending_digest,omitempty"`
}

// maxTouched is how many partners, and how many requests, a picture names.
const maxTouched = 200

// Alone reports whether the person who looks may carry the decision out although
// the version is their own.
func (p Picture) Alone() bool {
	return !p.Own || p.Action == Deactivate || p.Action == Restore || p.Eyes == EyesOff ||
		p.Eyes == EyesByRisk && p.Action == Activate && p.Class != policydoc.Widens && !p.Special && !p.First
}

// Fingerprint is the same for two pictures exactly when they show the same. Of
// findings only codes and lines count: other words for the same are no news.
func (p Picture) Fingerprint() string {
	findings := make([]Finding, len(p.Findings))
	for i, f := range p.Findings {
		findings[i] = Finding{Code: f.Code, Line: f.Line}
	}
	p.Findings = findings
	text, err := json.Marshal(p)
	if err != nil {
		panic("policy: picture: " + err.Error()) // plain data always has a JSON text
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Touched is a partner that a decision touches, by the names that it had then.
type Touched struct {
	ID       id.Partner `json:"id"`
	PublicID string     `json:"public_id"` // as people know it
	Name     string     `json:"name"`
}

// Seen is what a person decided on: the row version and the fingerprint of the
// picture that their page showed, and, in an emergency, why nobody else could be
// asked.
type Seen struct {
	Version   int
	Picture   string
	Emergency bool
	Reason    string // of an emergency, 1 to MaxReason characters
}

// permission is what a decision needs: an emergency is for fewer people.
func (s Seen) permission() authz.Permission {
	if s.Emergency {
		return authz.PolicyEmergency
	}
	return authz.PolicyActivate
}

// check reads what was said of an emergency. Without one there is no reason.
func (s Seen) check(action Action) (Seen, error) {
	if !s.Emergency {
		s.Reason = ""
		return s, nil
	}
	if action != Activate && action != Reactivate {
		return s, problem.ErrBadRequest // nothing is so urgent about these that one person could not do them
	}
	var f problem.Fields
	s.Reason = f.Lines("reason", s.Reason, MaxReason, true)
	return s, f.Err()
}

// MaxReason and MaxNote limit what people write with a decision and with a
// saved version, in characters.
const (
	MaxReason = 2000
	MaxNote   = 500
)
