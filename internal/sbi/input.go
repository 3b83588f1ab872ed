package sbi

import (
	"time"

	"portal/internal/id"
	"portal/internal/problem"
)

// Input is an SBI as its form sends it: text as it was typed, days in ISO 8601. The
// form proposes the ID, so that the same form sent twice is one SBI (security.md
// CON-3).
type Input struct {
	ID        id.SBI
	Version   string // the software's
	Hash      string
	CreatedOn string
	ExpiresOn string
	MadeFrom  id.SBI // the version that this one follows; zero for none. Only new ones tell it
}

// values are an Input that was read.
type values struct {
	version              string
	hash                 []byte
	createdOn, expiresOn time.Time
}

// in puts the values into an SBI.
func (v values) in(x SBI) SBI {
	x.SBIVersion, x.Hash, x.CreatedOn, x.ExpiresOn = v.version, v.hash, v.createdOn, v.expiresOn
	return x
}

// read checks everything that an Input says (domain.md §3.7), against a day; else a
// *problem.InvalidError by field.
func (in Input) read(today time.Time) (values, error) {
	var f problem.Fields
	var v values
	var err error
	v.version = f.Line(FieldVersion, in.Version, MaxVersion, true)
	if v.hash, err = ReadHash(in.Hash); err != nil && !f.AddError(err) {
		return v, err
	}
	v.createdOn = readDay(&f, FieldCreatedOn, in.CreatedOn)
	v.expiresOn = readDay(&f, FieldExpiresOn, in.ExpiresOn)
	checkDays(&f, v.createdOn, v.expiresOn, today)
	return v, f.Err()
}

func readDay(f *problem.Fields, name, text string) time.Time {
	if text == "" {
		f.Add(name, "problem.required")
		return time.Time{}
	}
	on, err := time.Parse(time.DateOnly, text)
	if err != nil {
		f.Add(name, "sbi.problem.day")
	}
	return on
}

// checkDays holds the two days against today, and so against each other: one is not
// after it, the other is. A day that could not be read has its message already.
func checkDays(f *problem.Fields, created, expires, today time.Time) {
	if !f.Has(FieldCreatedOn) {
		switch {
		case created.After(today):
			f.Add(FieldCreatedOn, "sbi.problem.created_ahead")
		case created.Before(today.AddDate(-MaxYears, 0, 0)):
			f.Add(FieldCreatedOn, "sbi.problem.created_old", "Years", MaxYears)
		}
	}
	if f.Has(FieldExpiresOn) {
		return
	}
	switch {
	case !expires.After(today):
		f.Add(FieldExpiresOn, "sbi.problem.expires_past")
	case expires.After(today.AddDate(MaxYears, 0, 0)):
		f.Add(FieldExpiresOn, "sbi.problem.expires_far", "Years", MaxYears)
	}
}

// Days are the limits of both days on a day: for hints.
func Days(today time.Time) (oldest, latest time.Time) {
	return today.AddDate(-MaxYears, 0, 0), today.AddDate(MaxYears, 0, 0)
}

// Short reports whether an SBI counts for less than the usual time.
func (x SBI) Short() bool { return x.ExpiresOn.Before(x.CreatedOn.AddDate(UsualYears, 0, 0)) }

// errSameVersion is that the provider has registered the version already.
func errSameVersion() error { return problem.Invalid(FieldVersion, "sbi.problem.same_version") }
