package policyimport

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
)

// row is one file: the policy that it would make, as the form has it.
type row struct {
	policy.Import
	Name, Description string // as typed
	Text              []byte
	Errors            form.Errors // at its fields
}

// field is the name of an input of the n-th file.
func field(what string, n int) string { return what + ":" + strconv.Itoa(n) }

// received is everything that the form sends.
type received struct {
	form.Values
	files []policy.File // chosen just now
}

func receive(r *http.Request) (received, error) {
	files, err := takeFiles(r)
	if err != nil {
		return received{}, err
	}
	v, err := form.Parse(r, "group", "from", "import", "id:*", "file:*", "name:*", "description:*", "kind:*", "text:*")
	return received{v, files}, err
}

// takeFiles takes the chosen files out of the form before form.Parse, which
// would refuse the whole form for one that is no text.
func takeFiles(r *http.Request) ([]policy.File, error) {
	if _, err := form.PostedToken(r); err != nil {
		return nil, err
	}
	texts, names := r.PostForm["files"], r.PostForm["files"+form.FileName]
	r.PostForm.Del("files")
	r.PostForm.Del("files" + form.FileName)
	if len(names) == 0 {
		return nil, nil
	}
	if len(texts) != len(names) {
		return nil, problem.ErrBadRequest
	}
	files := make([]policy.File, len(names))
	for i, name := range names {
		files[i] = policy.File{Name: name, Text: []byte(texts[i])}
	}
	return files, nil
}

// wrongFiles says what keeps chosen files from being looked at.
func wrongFiles(files []policy.File) error {
	var wrong problem.Fields
	total := 0
	for _, f := range files {
		total += len(f.Text)
	}
	switch {
	case len(files) == 0:
		wrong.Add("files", "policy_import.problem.none")
	case len(files) > policy.MaxImportFiles:
		wrong.Add("files", "policy_import.problem.many", "Max", policy.MaxImportFiles)
	case total > maxUpload:
		wrong.Add("files", "policy_import.problem.large", "Max", maxUpload>>20)
	}
	return wrong.Err()
}

// chosenRows are files that were chosen just now.
func chosenRows(r *http.Request, files []policy.File) []row {
	var out []row
	for _, f := range files {
		read := policy.ReadFile(f, "")
		read.Input.ID = id.New[id.Policy]()
		if read.Input.Description == "" {
			read.Input.Description = i18n.T(r.Context(), "policy_import.description", "File", read.BaseName())
		}
		out = append(out, row{Import: read, Name: read.Input.Name, Description: read.Input.Description, Text: f.Text})
	}
	return out
}

// carriedRows are the files that the second page carries along, with what was
// typed beside them.
func carriedRows(v form.Values) ([]row, error) {
	var out []row
	for n := range policy.MaxImportFiles {
		if !v.Has(field("text", n)) {
			break
		}
		text, err := base64.StdEncoding.DecodeString(v.Raw(field("text", n)))
		if err != nil {
			return nil, problem.ErrBadRequest
		}
		kind := policy.Kind(v.Raw(field("kind", n)))
		if kind != "" && !kind.Valid() {
			return nil, problem.ErrBadRequest
		}
		read := policy.ReadFile(policy.File{Name: v.Text(field("file", n)), Text: text}, kind)
		if read.Input.ID, err = id.Parse[id.Policy](v.Raw(field("id", n))); err != nil {
			return nil, problem.ErrBadRequest
		}
		read.Input.Name, read.Input.Description = v.Text(field("name", n)), v.Text(field("description", n))
		out = append(out, row{Import: read, Name: read.Input.Name, Description: read.Input.Description, Text: text})
	}
	if len(out) == 0 {
		return nil, problem.ErrBadRequest
	}
	return out, nil
}
