// Package dev holds pages for developers, mounted only by "portal dev": nothing in it may be reachable in production.
package dev

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"portal/internal/list"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/ui"
)

// say chooses a sample text: the gallery shows components, so its own words stand here and not among the messages.
func say(ctx context.Context, en, ar string) string {
	if i18n.Lang(ctx) == "ar" {
		return ar
	}
	return en
}

type sampleRow struct {
	name, description, kind, status string
	policies                        int
	at                              time.Time
}

func sampleRows(ctx context.Context) []sampleRow {
	at := time.Date(2026, 3, 7, 13, 5, 0, 0, time.UTC)
	return []sampleRow{
		{say(ctx, "Telecom", "الاتصالات"), say(ctx, "Operators that register SIM cards", "مشغلو الاتصالات الذين يسجلون الشرائح"), "good", say(ctx, "Active", "نشط"), 12, at},
		{say(ctx, "Banking", "المصارف"), say(ctx, "Banks and payment providers under the central bank's rules for customer identification", "المصارف ومقدمو خدمات الدفع"), "waiting", say(ctx, "Pending approval", "بانتظار الموافقة"), 3, at},
		{say(ctx, "Insurance", "التأمين"), "", "warn", say(ctx, "Changes requested", "مطلوب تعديلات"), 0, at},
		{"Groupe-très-long-sans-espace_0123456789_abcdefghijklmnopqrstuvwxyz", "", "neutral", say(ctx, "Deactivated", "معطَّل"), 1240, at},
	}
}

var sampleSpec = list.Spec{
	Sorts:   map[string]string{"name": "name", "policies": "policies", "created": "created_at"},
	Default: "name", Filters: []string{"name", "status"},
}

func sampleTable(ctx context.Context, address string, total int, rows []sampleRow) ui.TableOf[sampleRow] {
	v, err := url.ParseQuery(address)
	if err != nil {
		v = nil
	}
	return ui.TableOf[sampleRow]{
		Page:    list.Page[sampleRow]{Items: rows, Total: total, Query: sampleSpec.Parse(v)},
		Caption: say(ctx, "Policy groups", "مجموعات السياسات"),
		Path:    "/dev/gallery",
		Columns: []ui.Column[sampleRow]{
			{Sort: "name", Label: say(ctx, "Name", "الاسم"), Cell: func(r sampleRow) templ.Component { return ui.LinkTo(ui.Link{Href: "#", Text: r.name}) }},
			{Label: say(ctx, "Description", "الوصف"), Cell: func(r sampleRow) templ.Component { return ui.Text(r.description) }},
			{Sort: "policies", Label: say(ctx, "Policies", "السياسات"), Numeric: true, Cell: func(r sampleRow) templ.Component { return ui.Text(ui.Number(r.policies)) }},
			{Label: say(ctx, "Status", "الحالة"), Cell: func(r sampleRow) templ.Component { return ui.Tag(r.kind, r.status) }},
			{Sort: "created", Label: say(ctx, "Created", "أُنشئت"), Cell: func(r sampleRow) templ.Component { return ui.Date(r.at) }},
			{Label: say(ctx, "Actions", "الإجراءات"), Class: "end", Cell: func(r sampleRow) templ.Component { return sampleMenu(r) }},
		},
	}
}

func sampleFilters(ctx context.Context) []ui.FilterField {
	return []ui.FilterField{
		{Name: "name", Label: say(ctx, "Name", "الاسم")},
		{Name: "status", Label: say(ctx, "Status", "الحالة"), Options: []ui.Option{
			{Value: "active", Text: say(ctx, "Active", "نشط")}, {Value: "off", Text: say(ctx, "Deactivated", "معطَّل")},
		}},
	}
}

func sampleErrors(ctx context.Context) form.Errors {
	var f problem.Fields
	f.Add("bad", "problem.required")
	f.Add("badradio", "problem.required")
	e, _ := form.Translate(ctx, errors.Join(f.Err()))
	return e
}

func sampleOptions(ctx context.Context, hints bool) []ui.Option {
	options := []ui.Option{
		{Value: "auth", Text: say(ctx, "Authentication Partner", "شريك التحقق"), Hint: say(ctx, "You verify people's identity in your own service: a bank, a telecom operator, a ministry.", "تتحققون من هوية الأشخاص في خدمتكم: مصرف أو مشغل اتصالات أو وزارة.")},
		{Value: "credential", Text: say(ctx, "Credential Partner", "شريك بيانات الاعتماد"), Hint: say(ctx, "You print or issue credentials for people.", "تطبعون بيانات الاعتماد أو تصدرونها."), Selected: true},
		{Value: "device", Text: say(ctx, "Device Provider", "مزود الأجهزة")},
	}
	if !hints {
		for i := range options {
			options[i].Hint = ""
		}
	}
	return options
}

func sampleFindings(ctx context.Context) []ui.Finding {
	return []ui.Finding{
		{Line: 3, Column: 20, Path: "authTokenType", LevelText: say(ctx, "Error", "خطأ"), Text: say(ctx, "Use one of: random, partner, policy.", "استخدم إحدى القيم: random أو partner أو policy.")},
		{Line: 5, Column: 24, Path: "allowedKycAttributes › 1", Level: "risk", LevelText: say(ctx, "Risk", "خطر"), Text: say(ctx, "Anybody who knows the name could be found by it.", "يمكن العثور على أي شخص باسمه.")},
		{
			Line: 6, Column: 24, Path: "allowedKycAttributes › 2", Level: "warning", LevelText: say(ctx, "Warning", "تنبيه"),
			Text: say(ctx, "This attribute is asked for twice. Keep one of them.", "هذه السمة مطلوبة مرتين. احتفظ بواحدة منهما."), FixName: "AP-204@120", FixText: say(ctx, "Remove this entry", "احذف هذا العنصر"),
		},
		{Line: 10, Column: 5, Path: "allowedAuthTypes › 1", Level: "hint", LevelText: say(ctx, "Hint", "اقتراح"), Text: say(ctx, "Other policies of the group ask for fewer ways.", "تطلب سياسات المجموعة الأخرى طرقًا أقل.")},
	}
}

const sampleJSON = `{
  "policyId": "login",
  "authTokenType": "sometimes",
  "allowedKycAttributes": [
    { "attributeName": "fullName" },
    { "attributeName": "fullName" },
    { "attributeName": "dateOfBirth" }
  ],
  "allowedAuthTypes": [
    { "authType": "otp", "mandatory": true },
    { "authType": "bio", "authSubType": "FINGER", "mandatory": false }
  ]
}`

func sampleHistory(ctx context.Context) []ui.HistoryDay {
	return []ui.HistoryDay{
		{Date: say(ctx, "7 March 2026", "7 مارس 2026"), Items: []ui.HistoryItem{
			{Time: "14:05", Text: say(ctx, "Amina Diallo asked for changes.", "طلبت أمينة ديالو تعديلات."), Note: say(ctx, "Please give the name as it stands in the register of companies.", "يرجى كتابة الاسم كما ورد في السجل التجاري.")},
			{Time: "09:12", Text: say(ctx, "Karim Haddad proved the address karim@bank.example.", "أثبت كريم حداد العنوان karim@bank.example.")},
		}},
		{Date: say(ctx, "6 March 2026", "6 مارس 2026"), Items: []ui.HistoryItem{
			{Time: "17:40", Text: say(ctx, "Karim Haddad started a registration.", "بدأ كريم حداد التسجيل.")},
		}},
	}
}

func sampleTasks(ctx context.Context) []ui.Task {
	return []ui.Task{
		{Title: say(ctx, "Prove your e-mail address", "إثبات بريدكم الإلكتروني"), Done: true, Status: ui.Status{Kind: "good", Text: say(ctx, "Done", "مكتمل")}},
		{Title: say(ctx, "We check your request", "نراجع طلبكم"), Hint: say(ctx, "Waiting for us since 7 March 2026. Most requests are answered within 5 working days.", "في انتظارنا منذ 7 مارس 2026. نجيب معظم الطلبات خلال 5 أيام عمل."), Status: ui.Status{Kind: "waiting", Text: say(ctx, "Waiting for us", "في انتظارنا")}},
		{Title: say(ctx, "Complete your answers", "استكمال إجاباتكم"), Href: "#", Status: ui.Status{Kind: "warn", Text: say(ctx, "Your turn", "دوركم")}},
		{Title: say(ctx, "Ask for a policy", "طلب سياسة"), Status: ui.Status{Kind: "neutral", Text: say(ctx, "Cannot start yet", "لا يمكن البدء بعد")}},
	}
}

func sampleSummary(ctx context.Context) []ui.Row {
	change := &ui.Link{Href: "#"}
	return []ui.Row{
		{Label: say(ctx, "Organisation", "المؤسسة"), Value: say(ctx, "First National Bank", "المصرف الوطني الأول"), Change: change},
		{Label: say(ctx, "Contact", "جهة الاتصال"), Multi: []string{say(ctx, "Karim Haddad", "كريم حداد"), "karim@bank.example"}, Change: change, Note: say(ctx, "Address verified on 7 March 2026", "تم التحقق من العنوان في 7 مارس 2026")},
		{Label: say(ctx, "Partner ID", "معرّف الشريك"), Component: ui.Copy("partner-id", "first-national-bank"), Change: change},
		{Label: say(ctx, "Status", "الحالة"), Component: ui.Tag("waiting", say(ctx, "Pending approval", "بانتظار الموافقة"))},
		{Label: say(ctx, "Postal address", "العنوان البريدي"), Change: change},
	}
}
