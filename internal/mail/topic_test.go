package mail

import (
	"slices"
	"testing"
)

func TestEveryMailHasATopicOrIsEssential(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds {
		topic, decided := topics[k]
		if !decided {
			t.Errorf("nobody decided whether %q may be switched off: put it into topics", k)
		}
		if topic != Essential && !slices.Contains(Topics, topic) {
			t.Errorf("%q belongs to the topic %q, which nobody can choose", k, topic)
		}
	}
	for k := range topics {
		if !slices.Contains(Kinds, k) {
			t.Errorf("%q has a topic but is no mail", k)
		}
	}
	for _, topic := range Topics {
		some := false
		for _, k := range Kinds {
			some = some || k.Topic() == topic
		}
		if !some {
			t.Errorf("no mail belongs to the topic %q", topic)
		}
	}
}

// What guards an account or a decision reaches its reader whatever they chose.
func TestWhatProtectsCannotBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, k := range []Kind{
		RegistrationCode, PasswordReset, PasswordChanged, StaffInvitation, AccountDeactivated, RegistrationApproved,
		RegistrationRejected, RegistrationReturned, PolicyEmergency, EndsLast,
	} {
		if k.Topic() != Essential {
			t.Errorf("%q can be switched off", k)
		}
	}
}
