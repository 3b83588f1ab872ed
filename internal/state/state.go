// Package state describes which state a thing may move to, as data that can be
// listed, tested exhaustively and drawn as buttons. It knows no thing.
package state

import (
	"fmt"
	"slices"

	"portal/internal/problem"
)

// Machine is the table of allowed moves between states.
type Machine[S ~string] struct {
	states []S
	moves  map[S][]S
}

// New makes a machine. Every state must be a key, also those without a way out.
func New[S ~string](moves map[S][]S) Machine[S] {
	m := Machine[S]{moves: moves}
	for s, to := range moves {
		m.states = append(m.states, s)
		for _, t := range to {
			if _, ok := moves[t]; !ok {
				panic(fmt.Sprintf("state: %q leads to the unknown state %q", s, t))
			}
		}
	}
	slices.Sort(m.states)
	return m
}

// All lists the states in alphabetical order.
func (m Machine[S]) All() []S { return slices.Clone(m.states) }

// Known reports whether s is a state of this machine.
func (m Machine[S]) Known(s S) bool { _, ok := m.moves[s]; return ok }

// Can reports whether a thing may move from one state to the other.
func (m Machine[S]) Can(from, to S) bool { return slices.Contains(m.moves[from], to) }

// Check is nil if the move is allowed, else a *MoveError.
func (m Machine[S]) Check(from, to S) error {
	if m.Can(from, to) {
		return nil
	}
	return &MoveError{From: string(from), To: string(to)}
}

// MoveError tells of a move that the machine does not know. It is an
// ErrConflict: the button that led here was drawn for another state.
type MoveError struct{ From, To string }

func (e *MoveError) Error() string { return "no move from " + e.From + " to " + e.To }

// Is makes every MoveError an ErrConflict.
func (e *MoveError) Is(target error) bool { return target == problem.ErrConflict }
