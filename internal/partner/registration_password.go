package partner

import (
	"unicode/utf8"

	"portal/internal/problem"
)

func checkPassword(typed string, words ...string) error {
	if utf8.RuneCountInString(typed) < 15 {
		return problem.Invalid("password", "problem.too_short", "Min", 15)
	}
	return nil
}
