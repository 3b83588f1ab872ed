package challenge

import (
	"errors"
	"testing"
	"time"

	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

func TestPWD7LinksLiveAndEnd(t *testing.T) {
	t.Parallel()
	f := setUp(t)
	ctx := t.Context()
	want := func(p Purpose, token string, want Outcome) {
		f.Helper()
		if _, got, err := f.e.TryLink(ctx, p, token); err != nil || got != want {
			t.Errorf("%s link: %s, %v; want %s", p, got, err, want)
		}
	}
	consume := func(p Purpose, token string) error {
		return f.db.Housekeep(ctx, "test", func(tx *pg.Tx) error {
			_, err := f.e.ConsumeLink(ctx, tx, p, token)
			return err
		})
	}
	reset := f.begin(Reset, "ann@example.org")
	token := f.codes.LinkToken("reset", reset.UUID, 1)
	f.clock.Advance(20 * time.Minute)
	f.handOff(reset)
	f.clock.Advance(29 * time.Minute)
	want(Reset, token, OK)
	want(Reset, token, OK) // looking uses nothing up
	f.must(consume(Reset, token))
	if err := consume(Reset, token); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("used twice: %v", err)
	}
	want(Reset, token, AlreadyUsed)
	for _, bad := range []string{"", "x", token[:len(token)-1], f.codes.LinkToken("reset", id.New[id.Challenge]().UUID, 1), f.codes.LinkToken("reset", reset.UUID, 2)} {
		want(Reset, bad, Wrong)
	}
	invite := f.begin(Invite, "bob@example.org")
	f.handOff(invite)
	f.clock.Advance(InviteLifetime - time.Second)
	want(Invite, f.codes.LinkToken("invite", invite.UUID, 1), OK)
	f.clock.Advance(time.Second)
	want(Invite, f.codes.LinkToken("invite", invite.UUID, 1), Expired)
	if err := consume(Invite, f.codes.LinkToken("invite", invite.UUID, 1)); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("an expired link worked: %v", err)
	}
}
