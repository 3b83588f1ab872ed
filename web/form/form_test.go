package form

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portal/internal/problem"
)

func posted(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestAUT5NothingIsReadThatTheFormDoesNotHave(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		"name=a":                                true,
		"name=a&_token=x":                       true,
		"":                                      true,
		"name=a&role=admin":                     false,
		"name=a&name=b":                         false,
		"role=a&role=b":                         false,
		"roles=a&roles=b":                       true,
		"line_x=a&line_y=b":                     true,
		"line_x=a&line_x=b":                     false,
		"Name=a":                                false,
		"name=%ff":                              false,
		"name=%zz":                              false,
		"_token=a&_token=b":                     false,
		"name=a;role=b":                         false,
		strings.Repeat("line_&", 3) + many(101): false,
	} {
		_, err := Parse(posted(t, body), "name", "roles[]", "line_*")
		if (err == nil) != ok || err != nil && !errors.Is(err, problem.ErrBadRequest) {
			t.Errorf("%.60q: %v", body, err)
		}
	}
}

func many(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf("line_%d=x", i))
	}
	return strings.Join(parts, "&")
}

// inParts is a multipart request with n fields.
func inParts(t *testing.T, n int) *http.Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := range n {
		_ = w.WriteField(fmt.Sprintf("line_%d", i), "x")
	}
	_ = w.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestLIM1LIM3FieldsAndPartsAreCounted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		r  *http.Request
		ok bool
	}{
		"100 fields":           {posted(t, many(100)), true},
		"101 fields":           {posted(t, many(101)), false},
		"40 parts":             {inParts(t, 40), true},
		"41 parts":             {inParts(t, 41), false},
		"room for 500, fields": {WithFields(posted(t, many(500)), 500), true},
		"501 fields":           {WithFields(posted(t, many(501)), 500), false},
		"room for 500, parts":  {WithFields(inParts(t, 500), 500), true},
		"501 parts":            {WithFields(inParts(t, 501), 500), false},
	} {
		if _, err := Parse(tc.r, "line_*"); (err == nil) != tc.ok || err != nil && !errors.Is(err, problem.ErrBadRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	v, err := Parse(posted(t, url.Values{"name": {"  Telecom "}, "version": {"3"}, "bad": {"-1"}, "pw": {" x "}}.Encode()), "name", "version", "bad", "pw")
	if err != nil {
		t.Fatal(err)
	}
	if v.Text("name") != "Telecom" || v.Raw("pw") != " x " || v.Int("version") != 3 || v.Int("bad") != 0 || v.Int("none") != 0 || v.Has("none") {
		t.Errorf("%+v", v)
	}
}

func TestLIM3UploadsComeAsTextWithoutAFile(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("name", "Telecom")
	part, err := w.CreateFormFile("file", "policy.json")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(`{"a":1}`))
	_ = w.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	v, err := Parse(r, "name", "file", "file"+FileName)
	if err != nil || v.Raw("file") != `{"a":1}` || v.Raw("file"+FileName) != "policy.json" || len(r.MultipartForm.File) != 0 {
		t.Errorf("%+v %v", v, err)
	}
}

func TestLIM1TooLargeIsSaidAsSuch(t *testing.T) {
	t.Parallel()
	r := posted(t, "name="+strings.Repeat("x", 100))
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 50)
	var tooLarge *http.MaxBytesError
	if _, err := Parse(r, "name"); !errors.As(err, &tooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestOtherEncodingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "application/json", "text/plain", "multipart/form-data", ";;;"} {
		r := posted(t, "name=a")
		r.Header.Set("Content-Type", kind)
		if _, err := Parse(r, "name"); !errors.Is(err, problem.ErrBadRequest) {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// FuzzForm: whatever is posted, reading ends without a panic in values or in
// one of the two known errors.
func FuzzForm(f *testing.F) {
	f.Add("name=a&version=1", "application/x-www-form-urlencoded")
	f.Add("--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n", "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if _, err := Parse(r, "name", "version"); err != nil && !errors.Is(err, problem.ErrBadRequest) {
			t.Errorf("%q %q: %v", kind, body, err)
		}
	})
}
