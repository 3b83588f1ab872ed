package partner

import (
	"errors"

	"portal/internal/password"
	"portal/internal/problem"
)

// checkPassword is password.Check as a finding at the field. words are what
// somebody who guesses would know of this visitor (security.md PWD-2).
func checkPassword(typed string, words ...string) error {
	if typed == "" {
		return problem.Invalid("password", "problem.required")
	}
	err := password.Check(typed, words...)
	var weak *password.WeakError
	if errors.As(err, &weak) {
		return problem.Invalid("password", weak.Key, weak.Args...)
	}
	return err
}
