package assignment

import (
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/pg"
)

// Values of the filter "assigned" of lists in which things wait.
const (
	ByMe     = "me"
	ByNobody = "nobody"
)

// HolderSQL is an expression for a list's column: the name of whose work a thing
// is, "" for nobody's. id and round are expressions of the list; round is that of
// the decision the thing waits for, null while it waits for none.
func HolderSQL(kind audit.Kind, id, round string) string {
	return `coalesce((select btrim(u.first_name || ' ' || u.last_name)` + held(kind, id, round) + `), '')`
}

// held is what is somebody's work.
func held(kind audit.Kind, id, round string) string {
	return ` from assignments a join users u on u.id = a.user_id and u.status = 'active'
		where a.subject_kind = '` + string(kind) + `' and a.subject_id = ` + id + ` and a.round = ` + round
}

// Filter adds what the filter "assigned" of a list of staff asks for: the
// reader's own work, or what waits and is nobody's. For others, and for any other
// value, it adds nothing. id and round are as in HolderSQL.
func Filter(w *pg.Where, value string, who authz.Scope, kind audit.Kind, id, round string) {
	switch {
	case !who.All:
	case value == ByMe:
		w.And("exists (select 1"+held(kind, id, round)+" and a.user_id = @assigned)", "assigned", who.User)
	case value == ByNobody:
		w.And("("+round+") is not null and not exists (select 1"+held(kind, id, round)+")", "", nil)
	}
}
