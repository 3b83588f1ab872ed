package vocabulary

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// Limits of a term, in characters.
const (
	MaxName        = 128
	MaxLabel       = 64
	MaxDescription = 256
)

// Term is one name with its row. Family and name stay what they are: documents
// refer to them.
type Term struct {
	ID     id.Term
	Family policydoc.Family
	Name   string // as documents write it
	About
	DeprecatedSince *time.Time // nil: in use
	Version         int        // of the row; every change raises it
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// About is what can be changed of a term.
type About struct {
	LabelEn       string
	LabelFr       string
	LabelAr       string
	DescriptionEn string // each may be empty: readers of that language then see another
	DescriptionFr string
	DescriptionAr string
	Sensitivity   policydoc.Sensitivity
}

// Label is what people call the term in a language of the portal.
func (a About) Label(lang string) string {
	switch lang {
	case "fr":
		return a.LabelFr
	case "ar":
		return a.LabelAr
	}
	return a.LabelEn
}

// Description is what those who write policies should know of the term, in one
// language of the portal; "" if nobody wrote it in that one.
func (a About) Description(lang string) string {
	switch lang {
	case "fr":
		return a.DescriptionFr
	case "ar":
		return a.DescriptionAr
	}
	return a.DescriptionEn
}

// Input is what a person says of a new term.
type Input struct {
	ID     id.Term // proposed by the form, so that a form sent twice makes one term; zero: a new one
	Family policydoc.Family
	Name   string
	About
}

// Values of the filter "status".
const (
	StatusInUse      = "in_use"
	StatusDeprecated = "deprecated"
)

// ListIn is how terms can be sorted and filtered for a reader of a language:
// labels sort as that reader sees them. A language that the portal does not
// speak is taken for English.
func ListIn(lang string) *list.Spec {
	if spec := lists[lang]; spec != nil {
		return spec
	}
	return lists["en"]
}

var lists = map[string]*list.Spec{"en": listBy("t.label_en"), "fr": listBy("t.label_fr"), "ar": listBy("t.label_ar")}

func listBy(label string) *list.Spec {
	return &list.Spec{
		Sorts: map[string]string{
			"name": "lower(t.name)", "label": "lower(" + label + ")", "updated": "t.updated_at",
			// By family, and in it as forms offer the names.
			"family":      "(array_position(" + sqlList(policydoc.Families()) + ", t.family), t.position)",
			"sensitivity": "array_position(" + sqlList(policydoc.Sensitivities()) + ", t.sensitivity)",
		},
		Default:  "family",
		Filters:  []string{"family", "sensitivity", "status", "q"},
		TieBreak: "t.id",
	}
}

// sqlList writes constants of package policydoc as an array.
func sqlList[S ~string](constants []S) string {
	quoted := make([]string, len(constants))
	for i, c := range constants {
		quoted[i] = "'" + string(c) + "'"
	}
	return "array[" + strings.Join(quoted, ", ") + "]::text[]"
}

func (in Input) check() (Input, error) {
	var f problem.Fields
	if !slices.Contains(policydoc.Families(), in.Family) {
		f.Add("family", "vocabulary.problem.family")
	}
	required(&f, "name", in.Name)
	in.Name = f.Line("name", in.Name, MaxName, true)
	switch {
	case strings.ContainsFunc(in.Name, unseen):
		f.Add("name", "problem.bad_characters")
	case in.Family == policydoc.Languages && !languageCode.MatchString(in.Name):
		f.Add("name", "vocabulary.problem.language")
	}
	in.About = in.read(&f)
	return in, f.Err()
}

// required says which of the many fields is empty: a summary of several times the
// same sentence helps nobody.
func required(f *problem.Fields, name, value string) {
	if strings.TrimSpace(value) == "" {
		f.Add(name, "vocabulary.problem."+name)
	}
}

// languageCode is the pattern of the schemas.
var languageCode = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// unseen finds what would make two names look the same: marks without width and
// spaces that are none.
func unseen(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r != ' ' }

func (a About) check() (About, error) {
	var f problem.Fields
	a = a.read(&f)
	return a, f.Err()
}

func (a About) read(f *problem.Fields) About {
	required(f, "label_en", a.LabelEn)
	required(f, "label_fr", a.LabelFr)
	required(f, "label_ar", a.LabelAr)
	a.LabelEn = f.Line("label_en", a.LabelEn, MaxLabel, true)
	a.LabelFr = f.Line("label_fr", a.LabelFr, MaxLabel, true)
	a.LabelAr = f.Line("label_ar", a.LabelAr, MaxLabel, true)
	a.DescriptionEn = describe(f, "description_en", a.DescriptionEn)
	a.DescriptionFr = describe(f, "description_fr", a.DescriptionFr)
	a.DescriptionAr = describe(f, "description_ar", a.DescriptionAr)
	if !slices.Contains(policydoc.Sensitivities(), a.Sensitivity) {
		f.Add("sensitivity", "vocabulary.problem.sensitivity")
	}
	return a
}

// changes tells the audit log what is different from before.
func (a About) changes(before About) []audit.Change {
	var c []audit.Change
	c = audit.Diff(c, "label_en", before.LabelEn, a.LabelEn)
	c = audit.Diff(c, "label_fr", before.LabelFr, a.LabelFr)
	c = audit.Diff(c, "label_ar", before.LabelAr, a.LabelAr)
	c = audit.Diff(c, "description_en", before.DescriptionEn, a.DescriptionEn)
	c = audit.Diff(c, "description_fr", before.DescriptionFr, a.DescriptionFr)
	c = audit.Diff(c, "description_ar", before.DescriptionAr, a.DescriptionAr)
	return audit.Diff(c, "sensitivity", string(before.Sensitivity), string(a.Sensitivity))
}

func (t Term) event(action audit.Action, before int, detail ...audit.Change) audit.Event {
	return audit.Event{
		Action:  action,
		Subject: audit.Subject{Kind: audit.Term, ID: t.ID.String(), Name: t.Name},
		Before:  before, After: t.Version, Detail: detail,
	}
}

// deprecation is how the audit log writes since when a term is deprecated.
func deprecation(since *time.Time) string {
	if since == nil {
		return ""
	}
	return since.Format(time.DateOnly)
}

// taken turns the constraint into words at the field.
func taken(err error) error {
	if pg.Violates(err, "vocabulary_terms_family_name_key") {
		return problem.Invalid("name", "vocabulary.problem.name_taken")
	}
	return err
}
