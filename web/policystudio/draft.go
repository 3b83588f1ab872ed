package policystudio

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/form"
)

// draft is the page as it was typed, so that nothing of it is lost.
type draft struct {
	ID       id.Policy // of a new policy: proposed by the form, so that a second click is no second policy
	Version  int       // row version of the policy when the form was made
	Name     string
	About    string
	Group    string
	Review   string // a day, as a browser writes it
	Note     string // why it is saved
	Document string // the text side
	Previous string // the text that a sample took the place of
	Base     string // the text that the form side was made of
	HasForm  bool   // the page had a form side
	answers  func(name string) []string
}

// press is what the button asks for. At most one of them counts.
type press struct {
	Sample  string // put this sample into the editor
	Restore bool   // put the previous text back
	Check   bool   // look for findings, store nothing
	Live    bool   // as Check, asked by the script while somebody writes
	Row     *rowPress
	Fix     string // make the correction that this finding proposes
	Carry   bool   // bring the other side up to date
	Keep    string // after a change of both sides: "form" or "text" counts
}

// rowPress adds a row below another one, or takes one away.
type rowPress struct {
	Remove bool
	Path   string
}

// fieldNames are the fields of the page; those of the form side are package
// policydoc's.
func fieldNames() []string {
	return []string{
		"id", "version", "name", "description", "group", reviewField, "note", "document", "previous", "base",
		"file", "file" + form.FileName, "sample", "restore", "check", "add", "remove", "fix", "apply", "keep",
		policydoc.FieldTokenType, policydoc.FieldAttribute + "[]", policydoc.FieldLanguage + "[]",
		policydoc.FieldAddAttribute, policydoc.FieldAddLanguage, policydoc.FieldRow + "[]",
		"way:*", policydoc.ShareField("*"), policydoc.FieldRow + ":*",
	}
}

// readDraft takes the page apart. A chosen file takes the place of the text; a
// file that is no text is noted in the fields and leaves the text as it was. Line
// ends become LF: browsers send CRLF for what they showed as LF.
func readDraft(r *http.Request) (draft, press, *problem.Fields, error) {
	fields := &problem.Fields{}
	file, chosen, err := takeFile(r, fields)
	if err != nil {
		return draft{}, press{}, nil, err
	}
	v, err := form.Parse(r, fieldNames()...)
	if err != nil {
		return draft{}, press{}, nil, err
	}
	d := draft{
		Version: v.Int("version"), Name: v.Text("name"), About: lines(v.Text("description")), Group: v.Raw("group"),
		Review: v.Text(reviewField), Note: lines(v.Text("note")), Document: lines(v.Raw("document")),
		Previous: lines(v.Raw("previous")), Base: lines(v.Raw("base")), HasForm: v.Has("base"), answers: v.All,
	}
	if v.Has("id") {
		if d.ID, err = id.Parse[id.Policy](v.Raw("id")); err != nil {
			return draft{}, press{}, nil, problem.ErrBadRequest
		}
	}
	p := readPress(v)
	if chosen && p.Sample == "" && !p.Restore {
		d.Document = lines(file)
	}
	return d, p, fields, nil
}

func readPress(v form.Values) press {
	p := press{
		Sample: v.Raw("sample"), Restore: v.Has("restore"), Check: v.Has("check"), Live: v.Raw("check") == "live",
		Fix: v.Raw("fix"), Carry: v.Has("apply"), Keep: v.Raw("keep"),
	}
	switch {
	case v.Has("add"):
		p.Row = &rowPress{Path: v.Raw("add")}
	case v.Has("remove"):
		p.Row = &rowPress{Remove: true, Path: v.Raw("remove")}
	}
	return p
}

// looks tells whether the page is only looked at: nothing is to be stored.
func (p press) looks() bool {
	return p.Check || p.Row != nil || p.Fix != "" || p.Carry || p.Keep != ""
}

// takeFile takes the uploaded text out of the form before form.Parse, which
// would refuse the whole form, and everything typed with it, for a file that is
// no text.
func takeFile(r *http.Request, fields *problem.Fields) (text string, chosen bool, err error) {
	if _, err := form.PostedToken(r); err != nil {
		return "", false, err
	}
	text, chosen = r.PostForm.Get("file"), r.PostForm.Has("file"+form.FileName)
	r.PostForm.Del("file" + form.FileName)
	r.PostForm.Del("file")
	switch {
	case !chosen:
		return "", false, nil
	case !utf8.ValidString(text) || strings.Contains(text, "\x00"):
		fields.Add("file", "policy.problem.file_encoding")
	case strings.TrimSpace(text) == "":
		fields.Add("file", "policy.problem.file_empty")
	case len(lines(text)) > policydoc.MaxBytes:
		fields.Add("file", "policy.problem.too_large", "Max", policydoc.MaxBytes>>10, "Size", kib(len(text)))
	default:
		return text, true, nil
	}
	return "", false, nil
}

// check notes why what was typed could not even be stored.
func (d draft) check(fields *problem.Fields) {
	if d.tooLong() {
		fields.Add("document", "policy.problem.too_large", "Max", policydoc.MaxBytes>>10, "Size", kib(len(d.Document)))
	}
	if strings.Contains(d.Document, "\x00") {
		fields.Add("document", "policy.problem.nul")
	}
	if _, ok := d.reviewDay(); !ok {
		fields.Add(reviewField, "policy_studio.review.format", "Example", "2027-11-25")
	}
}

// tooLong tells whether the text is longer than a document may be.
func (d draft) tooLong() bool { return len(d.Document) > policydoc.MaxBytes }

func kib(bytes int) int { return (bytes + 1023) / 1024 }

func lines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// shown makes a typed NUL visible: no page can hold one.
func shown(s string) string { return strings.ReplaceAll(s, "\x00", "\ufffd") }

// input is what the service is asked to store.
func (d draft) input(k policy.Kind) policy.Input {
	group, err := id.Parse[id.PolicyGroup](d.Group)
	if err != nil {
		group = id.PolicyGroup{} // a new policy: the service asks for one; an old one keeps its own
	}
	day, _ := d.reviewDay() // what is no day was refused before
	return policy.Input{
		ID: d.ID, Kind: k, GroupID: group, Name: d.Name, Description: d.About, Document: d.Document,
		Note: d.Note, ReviewOn: day,
	}
}

// reviewField is the review date's name in the form and in the service's findings.
const reviewField = "review_on"

// reviewDay reads the day; none leaves it to the service.
func (d draft) reviewDay() (day time.Time, ok bool) {
	if d.Review == "" {
		return time.Time{}, true
	}
	day, err := time.Parse(time.DateOnly, d.Review)
	return day, err == nil
}

// use puts a sample into the editor. A text of one's own is kept at hand.
func (d draft) use(k policy.Kind, sampleID string) (draft, error) {
	s, ok := policydoc.SampleByID(k, sampleID)
	if !ok {
		return d, problem.ErrBadRequest
	}
	if d.ownText(k) {
		d.Previous = d.Document
	}
	d.Document = lines(string(s.Document))
	return d, nil
}

// ownText tells whether the editor holds something that a person wrote.
func (d draft) ownText(k policy.Kind) bool {
	typed := strings.TrimSpace(d.Document)
	if typed == "" {
		return false
	}
	for _, s := range policydoc.Samples(k) {
		if typed == strings.TrimSpace(lines(string(s.Document))) {
			return false
		}
	}
	return true
}

// restore swaps the previous text back.
func (d draft) restore() draft {
	if d.Previous != "" {
		d.Document, d.Previous = d.Previous, ""
	}
	return d
}

// draftOf is the form of a stored policy: the version that waits, else the
// newest.
func draftOf(p policy.Full) draft {
	return draft{
		Version: p.Version, Name: p.Name, About: p.Description, Group: p.GroupID.String(),
		Review: p.ReviewOn.Format(time.DateOnly), Document: lines(newest(p).Document),
	}
}

// newest is the version that an edit starts from; an empty one if the policy was
// discarded meanwhile.
func newest(p policy.Full) policy.Version {
	if v := p.Newest(); v != nil {
		return *v
	}
	return policy.Version{}
}

// says tells whether a stored policy already says what this form says.
func (d draft) says(p policy.Full) bool {
	stored := draftOf(p)
	return d.Name == stored.Name && d.About == stored.About && d.Document == stored.Document &&
		(d.Group == stored.Group || d.Group == "") && (d.Review == stored.Review || d.Review == "")
}
