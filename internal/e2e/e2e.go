// Package e2e walks through the portal with a real browser: every journey of
// its users, with scripts and without, at two widths, in English and in Arabic.
// It is the only internal package that may import web, and it knows of the
// portal only what stands on a page or in a mail. Its tests have the build tag
// e2e; they need Chromium and fail without it.
package e2e
