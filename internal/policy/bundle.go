package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
)

// BundleFormat marks a policy that was downloaded with its history, the first
// of the formats that begin in the same way.
const (
	BundleFormat  = bundleFormats + "1"
	bundleFormats = "policy-bundle/"
)

// MaxBundleBytes is how large a bundle may be that an import reads, and that is
// written. Where a history is larger, the oldest texts that can never come into
// force again, and the oldest pictures, are left out of it and marked.
const (
	MaxBundleBytes   = 16 << 20
	maxBundleTexts   = 10 << 20 // as they stand in the file
	maxBundlePicture = 4 << 20  // the same
	maxBundleRows    = 1000     // decisions
)

// Bundle is a policy with everything that ever was of it, to keep or to carry to
// another installation. Documents stand in it as texts, so that every byte
// survives. People and partners stand in it by name only.
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
	LeftOut     bool           `json:"document_left_out,omitempty"` // the bundle would be too large
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
	Action    Action         `json:"action"`
	Number    int            `json:"number"`
	By        string         `json:"by"`
	At        time.Time      `json:"at"`
	Emergency bool           `json:"emergency,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Picture   *BundlePicture `json:"picture,omitempty"` // none: the bundle would be too large
}

// BundlePicture is a Picture whose partners are told by name: their ids mean
// nothing elsewhere.
type BundlePicture struct {
	Picture
	Partners []string `json:"partners"` // in place of Picture's
	Pending  []string `json:"pending"`
}

func pictured(p Picture) *BundlePicture {
	return &BundlePicture{Picture: p, Partners: named(p.Partners), Pending: named(p.Pending)}
}

func named(touched []Touched) []string {
	out := make([]string, len(touched))
	for i, t := range touched {
		out[i] = t.Name
	}
	return out
}

// Bundle is a policy of a kind with its whole history; problem.ErrNotFound as in
// Policy. For whoever may read policies.
func (s *Service) Bundle(ctx context.Context, pid id.Policy, kind Kind) (Bundle, error) {
	p, err := ofKind(ctx, s.db.Read(), pid, kind)
	if err != nil {
		return Bundle{}, wrap("bundle", err)
	}
	b := Bundle{
		Format: BundleFormat, ExportedAt: s.db.Now(), Kind: p.Kind, Name: p.Name, Description: p.Description, Group: p.GroupName,
		Status: p.Status, ReviewOn: p.ReviewOn.Format(time.DateOnly), CreatedBy: p.CreatedByName, CreatedAt: p.CreatedAt,
		Versions: []BundleVersion{}, Decisions: []BundleDecision{},
	}
	if err := s.bundleVersions(ctx, pid, &b); err != nil {
		return Bundle{}, wrap("bundle", err)
	}
	return b, wrap("bundle", s.bundleDecisions(ctx, pid, &b))
}

// bundleVersions adds every version, oldest first. Texts beyond the limit are
// not even read.
func (s *Service) bundleVersions(ctx context.Context, pid id.Policy, b *Bundle) error {
	q := s.db.Read()
	versions, err := pg.All[Version](ctx, q, `
		select case when w.size <= @most then v.document else '' end as document,`+versionFacts+versionFrom+`
		join (select id, sum(octet_length(document)) over (order by status in `+liveStates+` desc, number desc) as size
			from policy_versions where policy_id = @policy) w on w.id = v.id
		where v.policy_id = @policy order by v.number`, pg.Args{"policy": pid, "most": maxBundleTexts})
	if err != nil {
		return err
	}
	if err := addPeriods(ctx, q, versions, nil); err != nil {
		return err
	}
	for _, v := range versions {
		b.Versions = append(b.Versions, bundled(v))
	}
	b.fitTexts()
	return nil
}

// fitTexts leaves out texts, from the oldest, that do not fit as they are
// written: with their quotes escaped. Those that are or can come into force stay.
func (b *Bundle) fitTexts() {
	left := maxBundleTexts
	for _, v := range b.Versions {
		if v.live() {
			left -= written(v.Document)
		}
	}
	for i := len(b.Versions) - 1; i >= 0; i-- {
		v := &b.Versions[i]
		if v.live() {
			continue
		}
		if left -= written(v.Document); left < 0 || v.Document == "" {
			v.Document, v.LeftOut, left = "", true, min(left, 0)
		}
	}
}

func (v BundleVersion) live() bool {
	return v.Status == VersionActive || v.Status == VersionInactive || v.Status == VersionDeactivated
}

// written is how many bytes something takes in the file.
func written(v any) int {
	text, err := encode(v, "    ")
	if err != nil {
		return 0 // Bundle.JSON tells it
	}
	return len(text)
}

// bundleDecisions adds the decisions, newest first.
func (s *Service) bundleDecisions(ctx context.Context, pid id.Policy, b *Bundle) error {
	decisions, err := s.decisionsWhere(ctx, withPicture, `d.policy_id = @policy`, pg.Args{"policy": pid, "max": maxBundleRows})
	if err != nil {
		return err
	}
	left := maxBundlePicture
	for _, d := range decisions {
		picture := pictured(d.Picture)
		if left -= written(picture); left < 0 {
			picture = nil
		}
		b.Decisions = append(b.Decisions, BundleDecision{
			Action: d.Action, Number: d.Number, By: d.DecidedByName, At: d.DecidedAt, Emergency: d.Emergency, Reason: d.Reason, Picture: picture,
		})
	}
	return nil
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
func (b Bundle) JSON() ([]byte, error) { return encode(b, "") }

func encode(v any, prefix string) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, "  ")
	err := e.Encode(v)
	return out.Bytes(), err
}
