package page

import (
	"context"

	"github.com/a-h/templ"

	"portal/internal/audit"
)

// Trail draws what other screens know of a thing, such as its history or whose
// work it is; the wiring brings it, since screens do not import each other.
type Trail func(ctx context.Context, kind audit.Kind, thing string) templ.Component
