// Package migrations carries the database schema into the binary. Reference
// data belongs here too; demonstration data does not.
package migrations

import "embed"

// FS holds the migrations in the order of their numbers. Released files never
// change.
//
//go:embed *.sql
var FS embed.FS
