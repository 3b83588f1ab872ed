package policystudio

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/form"
)

// draft is the form as it was typed, so that nothing of it is lost.
type draft struct {
	ID       id.Policy // of a new policy: proposed by the form, so that a second click is no second policy
	Version  int       // row version of the policy when the form was made
	Name     string
	About    string
	Group    string
	Document string
	Previous string // the text that a sample took the place of
}

// press is what the button asks for.
type press struct {
	Sample  string // put this sample into the editor
	Restore bool   // put the previous text back
	Check   bool   // look for findings, store nothing
}

// readDraft takes the form apart. A chosen file takes the place of the text; a file
// that is no text is noted in the fields and leaves the text as it was. Line
// ends become LF: browsers send CRLF for what they showed as LF.
func readDraft(r *http.Request) (draft, press, *problem.Fields, error) {
	fields := &problem.Fields{}
	file, chosen, err := takeFile(r, fields)
	if err != nil {
		return draft{}, press{}, nil, err
	}
	v, err := form.Parse(r, "id", "version", "name", "description", "group", "document", "previous",
		"file", "file"+form.FileName, "sample", "restore", "check")
	if err != nil {
		return draft{}, press{}, nil, err
	}
	d := draft{
		Version: v.Int("version"), Name: v.Text("name"), About: lines(v.Text("description")), Group: v.Raw("group"),
		Document: lines(v.Raw("document")), Previous: lines(v.Raw("previous")),
	}
	if v.Has("id") {
		if d.ID, err = id.Parse[id.Policy](v.Raw("id")); err != nil {
			return draft{}, press{}, nil, problem.ErrBadRequest
		}
	}
	p := press{Sample: v.Raw("sample"), Restore: v.Has("restore"), Check: v.Has("check")}
	if chosen && p.Sample == "" && !p.Restore {
		d.Document = lines(file)
	}
	checkText(d.Document, fields)
	return d, p, fields, nil
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

// checkText notes why a text could not even be stored.
func checkText(document string, fields *problem.Fields) {
	if len(document) > policydoc.MaxBytes {
		fields.Add("document", "policy.problem.too_large", "Max", policydoc.MaxBytes>>10, "Size", kib(len(document)))
	}
	if strings.Contains(document, "\x00") {
		fields.Add("document", "policy.problem.nul")
	}
}

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
	return policy.Input{ID: d.ID, Kind: k, GroupID: group, Name: d.Name, Description: d.About, Document: d.Document}
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
	return draft{Version: p.Version, Name: p.Name, About: p.Description, Group: p.GroupID.String(), Document: lines(newest(p).Document)}
}

// newest is the version that an edit starts from.
func newest(p policy.Full) policy.Version {
	for _, v := range []*policy.Version{p.Waiting, p.InForce, p.Deactivated} {
		if v != nil {
			return *v
		}
	}
	return policy.Version{} // every policy has one of them
}

// says tells whether a stored policy already says what this form says.
func (d draft) says(p policy.Full) bool {
	stored := draftOf(p)
	return d.Name == stored.Name && d.About == stored.About && d.Document == stored.Document &&
		(d.Group == stored.Group || d.Group == "")
}
