package device

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"portal/internal/approval"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/sbi"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// formView is the form of a device, a new one or one that is sent again, with what
// was typed.
type formView struct {
	Device device.Standing // to change; zero for a new one
	ID     id.Device       // of a new one
	Open   []string        // the answers that can be changed
	Types  devicetype.Types
	SBIs   []sbi.SBI // of the provider, that count
	Value  map[string]string
	Errors form.Errors
	There  *device.RegisteredError // the model is registered already
	Full   string                  // that there is no room
}

// fields are the inputs of the form.
var fields = []string{device.FieldType, device.FieldMake, device.FieldModel, device.FieldSBI}

// isNew reports whether the form registers a device.
func (v formView) isNew() bool { return id.IsZero(v.Device.ID) }

func (v formView) action() string {
	if v.isNew() {
		return listURL
	}
	return showURL(v.Device.ID)
}

// fill reads what there is to choose from.
func (h handlers) fill(ctx context.Context, v *formView) (err error) {
	types, err := h.types.All(ctx)
	if err != nil {
		return err
	}
	v.Types = types.Usable()
	if !v.isNew() { // what it is of stays possible
		v.Types = usableOr(types, v.Device)
	}
	v.SBIs, err = h.sbis.CountingOf(ctx, page.Actor(ctx).Partner)
	return err
}

// usableOr are the types in use, and the one that a device is of.
func usableOr(types devicetype.Types, d device.Standing) devicetype.Types {
	usable := types.Usable()
	if _, _, ok := usable.ByID(d.TypeID, d.SubTypeID); ok {
		return usable
	}
	t, s, ok := types.ByID(d.TypeID, d.SubTypeID)
	if !ok {
		return usable
	}
	t.SubTypes = []devicetype.SubType{s}
	return append(usable, t)
}

// newForm asks for a device. "?sbi=" chooses its SBI, "?like=" takes over what stays
// the same of another device.
func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	v := formView{ID: id.New[id.Device](), Open: fields, Value: map[string]string{device.FieldSBI: r.URL.Query().Get("sbi")}}
	ctx := r.Context()
	if did, err := id.Parse[id.Device](r.URL.Query().Get("like")); err == nil {
		d, err := h.devices.Device(ctx, page.Actor(ctx).Scope(), did)
		switch {
		case err == nil:
			v.Value = map[string]string{device.FieldType: device.KindValue(d.TypeID, d.SubTypeID), device.FieldMake: d.Make, device.FieldSBI: d.SBIID.String()}
		case !errors.Is(err, problem.ErrNotFound):
			return err
		}
	}
	return h.drawForm(w, r, http.StatusOK, v)
}

func (h handlers) drawForm(w http.ResponseWriter, r *http.Request, status int, v formView) error {
	if err := h.fill(r.Context(), &v); err != nil {
		return err
	}
	if len(v.SBIs) == 1 && v.Value[device.FieldSBI] == "" {
		v.Value[device.FieldSBI] = v.SBIs[0].ID.String()
	}
	return page.Render(w, r, status, formPage(v))
}

// input is what a form asks to register.
func input(did id.Device, value map[string]string) device.Input {
	sid, err := id.Parse[id.SBI](value[device.FieldSBI])
	if err != nil {
		sid = id.SBI{} // none is chosen
	}
	return device.Input{ID: did, SBI: sid, Kind: value[device.FieldType], Make: value[device.FieldMake], Model: value[device.FieldModel]}
}

// create registers a device and offers to go on with another one like it.
func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Parse(r, append([]string{"id"}, fields...)...)
	if err != nil {
		return err
	}
	did, err := id.Parse[id.Device](f.Raw("id"))
	if err != nil {
		return problem.ErrBadRequest // the form itself carries it
	}
	v := formView{ID: did, Open: fields, Value: typed(f, fields)}
	in := input(did, v.Value)
	err = h.devices.Register(r.Context(), page.Actor(r.Context()), in)
	if err == nil {
		page.Flash(r, "device.new.done", "Model", in.Make+" "+in.Model)
		page.FlashLink(r, newURL+"?like="+did.String(), "device.new.another")
		return page.Redirect(w, r, showURL(did))
	}
	return h.refused(w, r, v, err)
}

func typed(f form.Values, names []string) map[string]string {
	value := map[string]string{}
	for _, name := range names {
		value[name] = f.Text(name)
	}
	return value
}

// refused shows the form again with what is wrong, and all that was typed.
func (h handlers) refused(w http.ResponseWriter, r *http.Request, v formView, err error) error {
	var there *device.RegisteredError
	errs, invalid := form.Translate(r.Context(), err)
	switch {
	case invalid:
		v.Errors = errs
		return h.drawForm(w, r, http.StatusUnprocessableEntity, v)
	case errors.As(err, &there):
		v.There = there
		return h.drawForm(w, r, http.StatusConflict, v)
	case errors.Is(err, problem.ErrConflict) && v.isNew() && page.Meanwhile(r.Context(), err) != "":
		v.Full = page.Meanwhile(r.Context(), err)
		return h.drawForm(w, r, http.StatusConflict, v)
	}
	return err
}

// editForm offers the answers that may be changed. Where none may be, the device's
// page says how things stand.
func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	st, err := h.load(r)
	if err != nil {
		return err
	}
	open := st.Open(h.devices.Today())
	if len(open) == 0 {
		return page.Redirect(w, r, showURL(st.ID))
	}
	return h.drawForm(w, r, http.StatusOK, formView{Device: st, Open: open, Value: present(st)})
}

// present are the answers as they stand, as the form's inputs hold them.
func present(st device.Standing) map[string]string {
	return map[string]string{
		device.FieldType: device.KindValue(st.TypeID, st.SubTypeID), device.FieldMake: st.Make, device.FieldModel: st.Model, device.FieldSBI: st.SBIID.String(),
	}
}

// edit sends the changed answers; what cannot be changed stays as it was.
func (h handlers) edit(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Parse(r, append([]string{"version"}, fields...)...)
	if err != nil {
		return err
	}
	st, err := h.load(r)
	if err != nil {
		return err
	}
	v := formView{Device: st, Open: st.Open(h.devices.Today()), Value: present(st)}
	for _, name := range fields {
		if f.Has(name) {
			v.Value[name] = f.Text(name)
		}
	}
	err = h.devices.Edit(r.Context(), page.Actor(r.Context()), f.Int("version"), input(st.ID, v.Value))
	switch {
	case err == nil:
		page.Flash(r, "device.edit.done", "Model", v.Value[device.FieldMake]+" "+v.Value[device.FieldModel])
		return page.Redirect(w, r, showURL(st.ID))
	case errors.Is(err, problem.ErrConflict):
		return h.late(w, r, st.ID, err, v.kept(r.Context()))
	}
	return h.refused(w, r, v, err)
}

// kept is what was typed on a form that came too late, to be copied.
func (v formView) kept(ctx context.Context) []ui.Row {
	return []ui.Row{
		{Label: kind.Label(ctx, device.FieldMake), Value: v.Value[device.FieldMake]},
		{Label: kind.Label(ctx, device.FieldModel), Value: v.Value[device.FieldModel]},
	}
}

// open reports whether an answer can be changed.
func (v formView) open(field string) bool { return slices.Contains(v.Open, field) }

// field is the question for a text.
func (v formView) field(ctx context.Context, name string) ui.Field {
	f := v.choice(ctx, name)
	f.Value, f.Width = v.Value[name], "medium"
	return f
}

// choice is the question for one of several, with what was asked about it.
func (v formView) choice(ctx context.Context, name string) ui.Field {
	f := ui.Field{
		Name: name, Label: kind.Label(ctx, name), Error: v.Errors.For(name), Hint: i18n.T(ctx, "device.field."+name+".hint", "Count", device.MaxName),
	}
	if asked := kind.Asked(ctx, thingOf(v.Device), name); asked != "" && !v.isNew() {
		f.Hint = asked
	}
	return f
}

// typeOptions are the types to choose from, each sub-type with its type, so that no
// choice depends on another one.
func (v formView) typeOptions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, t := range v.Types {
		for _, s := range t.SubTypes {
			value := device.KindValue(t.ID, s.ID)
			options = append(options, ui.Option{Value: value, Text: kindText(ctx, t, s), Selected: value == v.Value[device.FieldType]})
		}
	}
	return options
}

// sbiOptions are the SBIs to choose from, with their last day.
func sbiOptions(ctx context.Context, all []sbi.SBI, chosen string) []ui.Option {
	var options []ui.Option
	for _, b := range all {
		options = append(options, ui.Option{
			Value: b.ID.String(), Text: i18n.T(ctx, "device.sbi_until", "Version", b.SBIVersion, "Day", i18n.Day(ctx, b.ExpiresOn)), Selected: b.ID.String() == chosen,
		})
	}
	return options
}

// seen is the row version that the form carries.
func (v formView) seen() string { return strconv.Itoa(v.Device.Version) }

// asked is what an admin asked to change that fits no field, "" for nothing.
func (v formView) asked() string {
	if last := v.Device.Last(); last != nil && v.Device.Status == approval.ChangesRequested {
		return last.Reason
	}
	return ""
}

// locked are the answers that cannot be changed now.
func (v formView) locked(ctx context.Context) []ui.Row {
	var rows []ui.Row
	for _, row := range kind.Answers(ctx, v.Device.Answers()) {
		for _, name := range fields {
			if row.Label == kind.Label(ctx, name) && !v.open(name) {
				rows = append(rows, row)
			}
		}
	}
	return rows
}
