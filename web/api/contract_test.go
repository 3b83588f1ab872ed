package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"portal/internal/apikey"
	"portal/internal/demo"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/webhook"
	"portal/web/webtest"
)

// contract is openapi.json, as a judge of answers.
type contract struct {
	t        *testing.T
	doc      map[string]any
	compiler *jsonschema.Compiler
}

func newContract(t *testing.T) *contract {
	t.Helper()
	b, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{t: t, doc: doc.(map[string]any), compiler: jsonschema.NewCompiler()}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// at follows a path of names through the document, references included, and
// gives what stands there and its JSON pointer.
func (c *contract) at(pointer string) (any, string) {
	var here any = c.doc
	walked := ""
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, ok := here.(map[string]any)
		if !ok {
			return nil, ""
		}
		here = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
		walked += "/" + name
		if next, ok := here.(map[string]any); ok {
			if ref, ok := next["$ref"].(string); ok && here != nil {
				walked = strings.TrimPrefix(ref, "#")
				here, _ = c.at(walked)
			}
		}
	}
	return here, walked
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// template is the documented address that a path belongs to.
func (c *contract) template(path string) string {
	for template := range c.doc["paths"].(map[string]any) {
		form := "^" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`) + "$"
		if regexp.MustCompile(form).MatchString(path) {
			return template
		}
	}
	return ""
}

// holds fails unless an answer is one of those that are documented: status,
// kind, headers, body.
func (c *contract) holds(method, path string, rec *httptest.ResponseRecorder) {
	c.t.Helper()
	where := method + " " + path + " " + strconv.Itoa(rec.Code)
	pointer := "/components/responses/" + map[int]string{404: "NotFound", 405: "MethodNotAllowed"}[rec.Code]
	path, _, _ = strings.Cut(path, "?")
	if template := c.template(path); template != "" && rec.Code != http.StatusMethodNotAllowed {
		if method == http.MethodHead {
			method = http.MethodGet
		}
		pointer = "/paths/" + escape(template) + "/" + strings.ToLower(method) + "/responses/" + strconv.Itoa(rec.Code)
	}
	found, pointer := c.at(pointer)
	response, ok := found.(map[string]any)
	if !ok {
		c.t.Errorf("%s: nothing is documented at %s: %s", where, pointer, rec.Body)
		return
	}
	headers, _ := response["headers"].(map[string]any)
	for name, h := range headers {
		if required, _ := h.(map[string]any)["required"].(bool); required && rec.Header().Get(name) == "" {
			c.t.Errorf("%s lacks the header %s", where, name)
		}
	}
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		if rec.Body.Len() > 0 {
			c.t.Errorf("%s has a body: %s", where, rec.Body)
		}
		return
	}
	kind := rec.Header().Get("Content-Type")
	if content[kind] == nil {
		c.t.Errorf("%s is %q, documented is %v", where, kind, content)
		return
	}
	if rec.Body.Len() == 0 && method != http.MethodPost {
		return // HEAD
	}
	c.valid(where, pointer+"/content/"+escape(kind)+"/schema", rec.Body.Bytes())
}

func (c *contract) valid(where, pointer string, body []byte) {
	c.t.Helper()
	schema, err := c.compiler.Compile("openapi.json#" + pointer)
	if err != nil {
		c.t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		c.t.Errorf("%s: %v\n%s", where, err, body)
	}
}

// TestTheDocumentIsTheTable: what is served is documented, and the other way.
func TestTheDocumentIsTheTable(t *testing.T) {
	t.Parallel()
	c, served := newContract(t), webtest.New(t).Portal.API
	documented := map[string]bool{}
	for path, item := range c.doc["paths"].(map[string]any) {
		for method, operation := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			documented[strings.ToUpper(method)+" "+path] = true
			security, ok := operation.(map[string]any)["security"].([]any)
			open := ok && len(security) == 0
			for _, rt := range served {
				if rt.Pattern == path && (rt.Access.String() == "anyone") != open {
					t.Errorf("%s: %s, documented as open: %v", path, rt.Access, open)
				}
			}
		}
	}
	for _, rt := range served {
		if !documented[rt.Method+" "+rt.Pattern] {
			t.Errorf("%s %s is served but not documented", rt.Method, rt.Pattern)
		}
		delete(documented, rt.Method+" "+rt.Pattern)
	}
	if len(documented) > 0 {
		t.Errorf("documented but not served: %v", documented)
	}
}

// TestTheDocumentSaysEveryReason: programs decide by these words.
func TestTheDocumentSaysEveryReason(t *testing.T) {
	t.Parallel()
	found, _ := newContract(t).at("/components/schemas/Reason/enum")
	var got, want []string
	for _, r := range found.([]any) {
		got = append(got, r.(string))
	}
	for _, s := range apikey.Standings {
		if s != apikey.Works {
			want = append(want, string(s))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("documented: %v\nin use: %v", got, want)
	}
}

// TestTheDocumentTellsOfEveryEvent: receivers are built by it, by people who have
// no account here. What is really sent is held against it.
func TestTheDocumentTellsOfEveryEvent(t *testing.T) {
	t.Parallel()
	c, s := newContract(t), webtest.New(t)
	if err := demo.Load(t.Context(), s.App); err != nil {
		t.Fatal(err)
	}
	documented := c.doc["webhooks"].(map[string]any)
	if len(documented) != len(webhook.Types)+1 {
		t.Errorf("%d events are documented", len(documented))
	}
	sent := map[webhook.Type]id.WebhookDelivery{}
	rows, err := pg.All[struct {
		Type webhook.Type
		ID   id.WebhookDelivery
	}](t.Context(), s.App.DB.Read(), `select e.type, d.id from webhook_deliveries d join webhook_events e on e.id = d.event_id`, nil)
	if err != nil || len(rows) == 0 {
		t.Fatal(rows, err)
	}
	for _, r := range rows {
		sent[r.Type] = r.ID
	}
	for _, typ := range append(slices.Clone(webhook.Types), webhook.Ping) {
		body := "/webhooks/" + escape(string(typ)) + "/post/requestBody/content/" + escape("application/json") + "/schema"
		found, _ := c.at(body + "/allOf")
		var want []any
		for _, f := range webhook.Fields(typ) {
			want = append(want, f)
		}
		own, _ := found.([]any)[1].(map[string]any)["properties"].(map[string]any)
		if got := own["data"].(map[string]any)["required"].([]any); !slices.Equal(got, want) {
			t.Errorf("%s: documented %v, sent %v", typ, got, want)
		}
		if did, ok := sent[typ]; ok {
			d, err := s.App.Webhooks.Delivery(t.Context(), did)
			if err != nil {
				t.Fatal(err)
			}
			c.valid(string(typ), body, []byte(d.Body))
		}
	}
}

// decode reads an answer's JSON.
func decode(t *testing.T, rec *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &m); err != nil {
		t.Fatalf("%v: %s", err, rec.Body)
	}
	return m
}
