package reminder

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
)

// maxNamed is how many things one mail names.
const maxNamed = 30

// notice is an ending whose step was not announced before.
type notice struct {
	ending
	Step int
}

// endings announces what has come to a step of the ladder: to all people of an
// active partner its certificate, grants, keys, SBIs and chips, to staff CA
// certificates and service accounts. Each reader gets one mail a day that names everything, without
// what they do not want to hear of so early.
func (s *Service) endings(ctx context.Context, tx *pg.Tx, today time.Time) error {
	all, err := s.ahead(ctx, tx, today, reach)
	if err != nil {
		return err
	}
	fresh, err := remember(ctx, tx, all, today)
	if err != nil || len(fresh) == 0 {
		return err // the round is made, even if there was nothing to say
	}
	of := map[id.Partner][]notice{}
	var partners []id.Partner
	for _, n := range fresh {
		if of[n.Partner] == nil && !id.IsZero(n.Partner) {
			partners = append(partners, n.Partner)
		}
		of[n.Partner] = append(of[n.Partner], n)
	}
	people, err := account.PartnerReaders(ctx, tx, partners)
	if err != nil {
		return err
	}
	if len(of[id.Partner{}]) > 0 {
		// Whoever keeps the trust store also keeps service accounts; a test looks.
		staff, err := account.StaffReaders(ctx, tx, authz.TrustStoreManage)
		if err != nil {
			return err
		}
		people = append(people, staff...)
	}
	for _, r := range people {
		if err := tell(ctx, tx, r, of[r.Partner], today); err != nil {
			return err
		}
	}
	return nil
}

// tell mails one reader what they want to hear of, the most urgent first. The most
// urgent one also says which mail it is.
func tell(ctx context.Context, tx *pg.Tx, r account.Reader, notices []notice, today time.Time) error {
	wanted := slices.DeleteFunc(slices.Clone(notices), func(n notice) bool { return !r.Wants(kindOf(n.Step).Topic()) })
	if len(wanted) == 0 {
		return nil
	}
	slices.SortStableFunc(wanted, func(a, b notice) int { return a.On.Compare(b.On) })
	var lines []string
	for _, n := range wanted[:min(maxNamed, len(wanted))] {
		lines = append(lines, line(string(n.Kind), n.Name, n.Policy, n.On.Format(time.DateOnly), strconv.Itoa(daysBetween(today, n.On))))
	}
	return r.Tell(ctx, tx, kindOf(wanted[0].Step), map[string]string{
		"Endings": strings.Join(lines, "\n"), "Rest": strconv.Itoa(len(wanted) - len(lines)), "Path": pageOf(wanted),
	})
}

// line puts fields behind each other for the mail's writer; what people wrote holds
// neither tab nor line end.
func line(fields ...string) string {
	for i, f := range fields {
		fields[i] = strings.Join(strings.Fields(f), " ")
	}
	return strings.Join(fields, "\t")
}

var pages = map[Kind]string{
	Certificate: "/certificates", APIKey: "/api-keys", Grant: "/policy-requests", SBI: "/sbis", FTMChip: "/ftm-chips",
	CACertificate: "/trust-store", ServiceAccount: "/service-accounts",
}

// pageOf is the page that a mail opens: the list of what ends, or home where it is
// of several kinds.
func pageOf(notices []notice) string {
	for _, n := range notices {
		if n.Kind != notices[0].Kind {
			return "/home"
		}
	}
	return pages[notices[0].Kind]
}

// remember writes down the step that each thing has come to and returns those for
// which that is new. A clock that went back announces no earlier step again.
func remember(ctx context.Context, tx *pg.Tx, all []ending, today time.Time) ([]notice, error) {
	var due []notice
	args := struct {
		kinds, ids []string
		days       []time.Time
		steps      []int
	}{}
	for _, e := range all {
		if step, ok := e.stepOn(today); ok {
			due = append(due, notice{e, step})
			args.kinds, args.ids = append(args.kinds, string(e.Kind)), append(args.ids, e.ID.String())
			args.days, args.steps = append(args.days, e.On), append(args.steps, step)
		}
	}
	if len(due) == 0 {
		return nil, nil
	}
	written, err := pg.Values[string](ctx, tx, `
		insert into end_notices (kind, subject_id, ends_on, step, sent_at)
		select n.kind, n.id, n.day, n.step, @now
		from unnest(@kinds::text[], @ids::uuid[], @days::date[], @steps::int[]) as n (kind, id, day, step)
		where not exists (select 1 from end_notices e where e.kind = n.kind and e.subject_id = n.id and e.ends_on = n.day and e.step <= n.step)
		on conflict do nothing returning kind || ' ' || subject_id`,
		pg.Args{"now": tx.Now(), "kinds": args.kinds, "ids": args.ids, "days": args.days, "steps": args.steps})
	if err != nil {
		return nil, err
	}
	fresh := map[string]bool{}
	for _, w := range written {
		fresh[w] = true
	}
	return slices.DeleteFunc(due, func(n notice) bool { return !fresh[string(n.Kind)+" "+n.ID.String()] }), nil
}
