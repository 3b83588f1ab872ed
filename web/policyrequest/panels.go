package policyrequest

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policyrequest"
	"portal/web/page"
)

// GrantsOf is the part of a partner's page that tells what it may use; nothing for
// readers who may not know. The read happens while the page is rendered into its
// buffer; an error there becomes the error page.
func GrantsOf(requests *policyrequest.Service) func(ctx context.Context, partner id.Partner) templ.Component {
	return func(ctx context.Context, partner id.Partner) templ.Component {
		if !page.May(ctx, authz.PolicyRequestDecide) {
			return templ.NopComponent
		}
		rows, err := requests.GrantsOf(ctx, partner)
		if err != nil {
			return failed(err)
		}
		return grantsPanel(rows, requests.Today())
	}
}

// UsersOf is the part of a policy's page that tells which partners use it. Only who
// may read partners gets links. Errors are GrantsOf's.
func UsersOf(requests *policyrequest.Service) func(ctx context.Context, pid id.Policy) templ.Component {
	return func(ctx context.Context, pid id.Policy) templ.Component {
		rows, total, err := requests.UsersOf(ctx, pid)
		if err != nil {
			return failed(err)
		}
		return usersPanel(rows, total, requests.Today())
	}
}

// failed makes the page fail, before its first byte went out.
func failed(err error) templ.Component {
	return templ.ComponentFunc(func(context.Context, io.Writer) error { return err })
}
