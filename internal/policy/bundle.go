package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
)

// BundleFormat marks a policy that was downloaded with its history.
const BundleFormat = "policy-bundle/1"

// Bundle is a policy with everything that ever was of it, to keep or to carry to
// another installation. Documents stand in it as texts, so that every byte
// survives. People stand in it by name only.
type Bundle struct {
	Format      string           `json:"format"`
	ExportedAt  time.Time        `json:"exported_at"`
	Kind        Kind             `json:"kind"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Group       string           `json:"policy_group"`
	Status      Status           `json:"status"`
	ReviewOn    string           `json:"review_on"` // a day
	CreatedBy   string           `json:"created_by"`
	CreatedAt   time.Time        `json:"created_at"`
	Versions    []BundleVersion  `json:"versions"` // oldest first
	Decisions   []BundleDecision `json:"decisions"`
}

// BundleVersion is one version of a Bundle.
type BundleVersion struct {
	Number      int            `json:"number"`
	Status      VersionStatus  `json:"status"`
	Document    string         `json:"document"`
	Note        string         `json:"note,omitempty"`
	Origin      *int           `json:"restores,omitempty"`
	WrittenBy   string         `json:"written_by"`
	SavedBy     string         `json:"saved_by"`
	SavedAt     time.Time      `json:"saved_at"`
	ActivatedBy string         `json:"activated_by,omitempty"`
	InForce     []BundlePeriod `json:"in_force,omitempty"` // oldest first
}

// BundlePeriod is a time in which a version was in force.
type BundlePeriod struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to,omitempty"` // none: it still was
}

// BundleDecision is one decision of a Bundle, with the picture it was taken on.
type BundleDecision struct {
	Action    Action    `json:"action"`
	Number    int       `json:"number"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Emergency bool      `json:"emergency,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Picture   Picture   `json:"picture"`
}

// Bundle is a policy of a kind with its whole history; problem.ErrNotFound as in
// Policy. For whoever may read policies.
func (s *Service) Bundle(ctx context.Context, pid id.Policy, kind Kind) (Bundle, error) {
	p, err := s.Policy(ctx, pid, kind)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{
		Format: BundleFormat, ExportedAt: s.db.Now(), Kind: p.Kind, Name: p.Name, Description: p.Description, Group: p.GroupName,
		Status: p.Status, ReviewOn: p.ReviewOn.Format(time.DateOnly), CreatedBy: p.CreatedByName, CreatedAt: p.CreatedAt,
		Versions: []BundleVersion{}, Decisions: []BundleDecision{},
	}
	versions, err := s.allVersions(ctx, pid)
	if err != nil {
		return Bundle{}, wrap("bundle", err)
	}
	for _, v := range versions {
		b.Versions = append(b.Versions, bundled(v))
	}
	decisions, err := s.decisionsWhere(ctx, `d.policy_id = @policy`, pg.Args{"policy": pid, "max": nil})
	if err != nil {
		return Bundle{}, wrap("bundle", err)
	}
	for _, d := range decisions {
		b.Decisions = append(b.Decisions, BundleDecision{
			Action: d.Action, Number: d.Number, By: d.DecidedByName, At: d.DecidedAt, Emergency: d.Emergency, Reason: d.Reason, Picture: d.Picture,
		})
	}
	return b, nil
}

func bundled(v Version) BundleVersion {
	out := BundleVersion{
		Number: v.Number, Status: v.Status, Document: v.Document, Note: v.Note, Origin: v.Origin,
		WrittenBy: v.AuthorName, SavedBy: v.LastEditorName, SavedAt: v.UpdatedAt, ActivatedBy: v.ActivatedByName,
	}
	for i := len(v.Periods) - 1; i >= 0; i-- {
		out.InForce = append(out.InForce, BundlePeriod(v.Periods[i]))
	}
	return out
}

// JSON is the bundle as a file: indented, and with the signs < and > as they
// are.
func (b Bundle) JSON() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(b)
	return out.Bytes(), err
}

// current is the version that an importer takes over: the one in force, else the
// one that waits, else the newest.
func (b Bundle) current() (BundleVersion, bool) {
	for _, status := range []VersionStatus{VersionActive, VersionInactive} {
		for _, v := range b.Versions {
			if v.Status == status {
				return v, true
			}
		}
	}
	if len(b.Versions) == 0 {
		return BundleVersion{}, false
	}
	return b.Versions[len(b.Versions)-1], true
}
