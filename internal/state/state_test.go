package state_test

import (
	"errors"
	"testing"

	"portal/internal/problem"
	"portal/internal/state"
)

func TestMoves(t *testing.T) {
	t.Parallel()
	m := state.New(map[string][]string{"draft": {"sent"}, "sent": {"draft", "done"}, "done": {}})
	allowed := map[[2]string]bool{{"draft", "sent"}: true, {"sent", "draft"}: true, {"sent", "done"}: true}
	for _, from := range append(m.All(), "unknown") {
		for _, to := range append(m.All(), "unknown") {
			err := m.Check(from, to)
			if (err == nil) != allowed[[2]string{from, to}] || err != nil && !errors.Is(err, problem.ErrConflict) {
				t.Errorf("%s → %s: %v", from, to, err)
			}
		}
	}
}

func TestUnknownStatesAreAProgrammersMistake(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a move to nowhere was accepted")
		}
	}()
	state.New(map[string][]string{"draft": {"sent"}})
}
