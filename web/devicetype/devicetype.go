// Package devicetype is the screens of what kinds of devices there are: the list,
// one type with its sub-types, the form of both, and the page before one is
// retired. It decides nothing: what a type is, is internal/devicetype's to say.
package devicetype

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	types *devicetype.Service
	trail page.Trail
}

// Routes are the rows of the types. They are a Partner Admin's; providers meet
// them in the forms of devices (issue 5, item 2).
func Routes(s *devicetype.Service, trail page.Trail) []route.Route {
	h := handlers{types: s, trail: trail}
	manage := route.Needs(authz.DeviceTypeManage)
	const one, sub = listURL + "/{id}", subsURL
	return []route.Route{
		route.Get(listURL, manage, h.list),
		route.Get(listURL+".csv", manage, h.file),
		route.Get(newURL, manage, h.newForm),
		route.Post(listURL, manage, h.create),
		route.Get(one, manage, h.show),
		route.Get(one+"/edit", manage, h.editForm),
		route.Post(one, manage, h.update),
		route.Get(one+"/retire", manage, h.confirm),
		route.Post(one+"/retire", manage, h.retire),
		route.Post(one+"/restore", manage, h.restore),
		route.Get(sub+"/new", manage, h.newForm),
		route.Post(sub, manage, h.create),
		route.Get(sub+"/{sub}/edit", manage, h.editForm),
		route.Post(sub+"/{sub}", manage, h.update),
		route.Get(sub+"/{sub}/retire", manage, h.confirm),
		route.Post(sub+"/{sub}/retire", manage, h.retire),
		route.Post(sub+"/{sub}/restore", manage, h.restore),
	}
}

// subject is what an address is about: a type, or one of its sub-types. Its zero
// values stand for what is not there yet.
type subject struct {
	all   devicetype.Types
	Type  *devicetype.Type    // nil: a new type
	OfSub bool                // it is about a sub-type of Type
	Sub   *devicetype.SubType // nil: a new sub-type, or it is about the type
}

// load finds what the address is about.
func (h handlers) load(r *http.Request) (subject, error) {
	all, err := h.types.All(r.Context())
	if err != nil {
		return subject{}, err
	}
	return in(r, all)
}

func in(r *http.Request, all devicetype.Types) (subject, error) {
	s := subject{all: all}
	if chi.URLParam(r, "id") == "" {
		return s, nil
	}
	tid, err := id.Parse[id.DeviceType](chi.URLParam(r, "id"))
	if err != nil {
		return s, err
	}
	t, err := all.One(tid)
	if err != nil {
		return s, err
	}
	s.Type, s.OfSub = &t, strings.HasPrefix(chi.RouteContext(r.Context()).RoutePattern(), subsURL)
	if code := chi.URLParam(r, "sub"); code != "" {
		sid, err := id.Parse[id.DeviceSubType](code)
		if err != nil {
			return s, err
		}
		sub, err := t.Sub(sid)
		if err != nil {
			return s, err
		}
		s.Sub = &sub
	}
	return s, nil
}

// there reports whether the subject exists already.
func (s subject) there() bool { return s.Sub != nil || s.Type != nil && !s.OfSub }

// words are what is stored of the subject.
func (s subject) words() devicetype.Words {
	switch {
	case s.Sub != nil:
		return devicetype.Words{Code: s.Sub.Code, Label: s.Sub.Label, Place: s.Type.Place(s.Sub.ID)}
	case s.there():
		return devicetype.Words{Code: s.Type.Code, Label: s.Type.Label, Place: s.all.Place(s.Type.ID)}
	}
	return devicetype.Words{}
}

func (s subject) retired() bool {
	if s.Sub != nil {
		return s.Sub.RetiredSince != nil
	}
	return s.Type.RetiredSince != nil
}

// name is what readers of the page's language call the subject, in its own
// direction.
func (s subject) name(ctx context.Context) string {
	return i18n.Isolate(s.words().Label.In(i18n.Lang(ctx)))
}

// of is the type's name, as name is.
func (s subject) of(ctx context.Context) string {
	return i18n.Isolate(s.Type.Label.In(i18n.Lang(ctx)))
}

// key tells the words about a sub-type from those about a type.
func (s subject) key(key string) string {
	if s.OfSub {
		return "device_type.sub." + key
	}
	return "device_type." + key
}

// url is the address of the subject, where its form is sent to; of a new one, of
// those that it will be one of.
func (s subject) url() string {
	switch {
	case s.Type == nil:
		return listURL
	case s.Sub != nil:
		return showURL(s.Type.ID) + "/sub-types/" + s.Sub.ID.String()
	case s.OfSub:
		return showURL(s.Type.ID) + "/sub-types"
	}
	return showURL(s.Type.ID)
}

// home is the page where the subject is seen.
func (s subject) home() string {
	if s.Type == nil {
		return listURL
	}
	return showURL(s.Type.ID)
}

func (h handlers) actor(r *http.Request) authz.Actor { return page.Actor(r.Context()) }

const (
	listURL = "/device-types"
	newURL  = listURL + "/new"
	subsURL = listURL + "/{id}/sub-types" // what stands there is about sub-types
)

func showURL(tid id.DeviceType) string { return listURL + "/" + tid.String() }
