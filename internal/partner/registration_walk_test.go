package partner

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"portal/internal/challenge"
	"portal/internal/email"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// stages are the states that a registration can be in, each reached through
// the service.
var stages = map[string]func(k *desk) (token string){
	"nothing":  func(*desk) string { return "" },
	"half":     func(k *desk) string { return k.save("", StepType, k.answers(1)) },
	"complete": func(k *desk) string { return k.fill(k.answers(1)) },
	"code": func(k *desk) string {
		token := k.fill(k.answers(1))
		k.send(token)
		return token
	},
	"expired": func(k *desk) string {
		token := k.fill(k.answers(1))
		cid := k.send(token)
		k.must(func(tx *pg.Tx) error { return challenge.HandedOff(context.Background(), tx, cid) })
		k.clock.Advance(11 * time.Minute)
		return token
	},
	"used up": func(k *desk) string {
		token := k.fill(k.answers(1))
		cid := k.send(token)
		for range 5 {
			k.confirm(token, k.wrongCode(cid))
		}
		k.clock.Advance(2 * time.Minute)
		return token
	},
	"verified": func(k *desk) string { return k.verifiedButUnsent(1) },
	"verified too long ago": func(k *desk) string {
		token := k.verifiedButUnsent(1)
		k.clock.Advance(time.Hour)
		return token
	},
	"other address": func(k *desk) string {
		token := k.verifiedButUnsent(1)
		a := k.answers(1)
		a.Email = "other@example.org"
		k.save(token, StepContact, a)
		return token
	},
	"sent": func(k *desk) string {
		token := k.fill(k.answers(1))
		k.confirm(token, k.rightCode(k.send(token)))
		return token
	},
}

// acts are what a browser can do about it.
var acts = map[string]func(k *desk, token string) (any, error){
	"send":       func(k *desk, token string) (any, error) { return k.regs.Send(context.Background(), k.visitor, token) },
	"resend":     func(k *desk, token string) (any, error) { return k.regs.Resend(context.Background(), k.visitor, token) },
	"right code": func(k *desk, token string) (any, error) { return k.tryCode(token, k.ownCode(token)) },
	"wrong code": func(k *desk, token string) (any, error) { return k.tryCode(token, "x") },
	"reset's code": func(k *desk, token string) (any, error) {
		return k.tryCode(token, k.codes.Code(k.resetInstead(token).UUID, 1))
	},
	"save": func(k *desk, token string) (any, error) {
		d, _, err := k.regs.Save(context.Background(), token, StepPurpose, Input{Answers: k.answers(1)})
		return "next " + d.Next(), err
	},
}

func (k *desk) tryCode(token, typed string) (any, error) {
	res, err := k.regs.Confirm(context.Background(), k.visitor, token, typed)
	return res.Outcome, err
}

// ownCode is the code of the draft's latest challenge, whatever became of it.
func (k *desk) ownCode(token string) string {
	d, err := k.regs.Draft(context.Background(), token)
	if err != nil || id.IsZero(d.challenge) {
		return "123456"
	}
	return k.rightCode(d.challenge)
}

// resetInstead swaps the draft's challenge for one that was begun to reset a
// password at the same address (security.md REG-8).
func (k *desk) resetInstead(token string) (cid id.Challenge) {
	k.t.Helper()
	address, err := email.Parse(k.answers(1).Email)
	if err != nil {
		k.t.Fatal(err)
	}
	k.must(func(tx *pg.Tx) error {
		cid, err = k.proofs.Begin(context.Background(), tx, challenge.NewChallenge{Purpose: challenge.Reset, Address: address, NetKey: "n", Lang: "en"})
		if err != nil {
			return err
		}
		_, err = tx.Exec(context.Background(), `update registration_drafts set challenge_id = @id where token = @token`,
			pg.Args{"id": cid, "token": draftKey(token)})
		return err
	})
	return cid
}

const (
	gone = "not found"
	ok   = "ok"
)

// walk is what each act comes to in each state, and whether it makes the
// account. Whatever is not the right code, or a proof of this very address,
// makes none.
var walk = map[string]map[string]string{
	"nothing":               {"send": gone, "resend": gone, "right code": gone, "wrong code": gone, "reset's code": gone, "save": gone},
	"half":                  {"send": "do purpose", "resend": gone, "right code": gone, "wrong code": gone, "reset's code": gone, "save": "next organisation"},
	"complete":              {"send": "false", "resend": gone, "right code": gone, "wrong code": gone, "reset's code": gone, "save": "next "},
	"code":                  {"send": "false", "resend": "too_soon", "right code": "ok + account", "wrong code": "wrong", "reset's code": gone, "save": "next "},
	"expired":               {"send": "false", "resend": ok, "right code": "expired", "wrong code": "expired", "reset's code": gone, "save": "next "},
	"used up":               {"send": "false", "resend": "used_up", "right code": "used_up", "wrong code": "used_up", "reset's code": gone, "save": "next "},
	"verified":              {"send": "true + account", "resend": "already_used", "right code": "ok + account", "wrong code": "ok + account", "reset's code": gone, "save": "next "},
	"verified too long ago": {"send": "false", "resend": "already_used", "right code": "already_used", "wrong code": "already_used", "reset's code": gone, "save": "next "},
	"other address":         {"send": "false", "resend": gone, "right code": gone, "wrong code": gone, "reset's code": gone, "save": "next "},
	"sent":                  {"send": "true", "resend": "already_used", "right code": ok, "wrong code": ok, "reset's code": ok, "save": gone},
}

func TestREG8EveryStateAndEndpoint(t *testing.T) {
	t.Parallel()
	for stage, reach := range stages {
		for act, do := range acts {
			t.Run(stage+"/"+act, func(t *testing.T) {
				t.Parallel()
				k := newDesk(t)
				token := reach(k)
				before := k.count("users where owner")
				result, err := do(k, token)
				got := ending(result, err)
				if k.count("users where owner") > before {
					got += " + account"
				}
				if want := walk[stage][act]; got != want {
					t.Errorf("%q, want %q", got, want)
				}
			})
		}
	}
}

func ending(result any, err error) string {
	var incomplete *IncompleteError
	switch {
	case err == nil:
		return fmt.Sprint(result)
	case errors.Is(err, problem.ErrNotFound):
		return gone
	case errors.As(err, &incomplete):
		return "do " + string(incomplete.Step)
	}
	return err.Error()
}
