package auditproof

import (
	"context"
	"fmt"

	"portal/internal/audit"
	"portal/internal/pg"
)

// story is how the log tells of things of one kind: by which event they come into the
// world, and in which state an event leaves them. An event whose detail names another
// status says it itself; moves are the ones that do not.
type story struct {
	kind  audit.Kind
	table string
	owner string // column of the partner; "" where a thing is nobody's
	born  []audit.Action
	moves map[audit.Action]string // to the value of the column status
	// first are the states of a thing of which no event has told a state yet.
	first []string
}

// stories are all kinds whose state decides what somebody may do. Certificates of chips
// have no history of their own – the chip's tells of them – and are not compared.
var stories = []story{
	{
		kind: audit.Partner, table: "partners", owner: "id", born: []audit.Action{audit.RegistrationSent},
		moves: map[audit.Action]string{audit.PartnerDeactivated: "deactivated", audit.PartnerReactivated: "active"},
	},
	{
		kind: audit.PolicyGroup, table: "policy_groups", born: []audit.Action{audit.GroupCreated}, first: []string{"active"},
		moves: map[audit.Action]string{audit.GroupDeactivated: "deactivated", audit.GroupReactivated: "active"},
	},
	{
		kind: audit.Policy, table: "policies", born: []audit.Action{audit.PolicyCreated, audit.PolicyImported}, first: []string{"inactive"},
		moves: map[audit.Action]string{
			audit.PolicyActivated: "active", audit.PolicyReactivated: "active", audit.PolicyActivatedAlone: "active",
			audit.PolicyDeactivated: "deactivated", audit.PolicyDiscarded: "discarded",
		},
	},
	{
		kind: audit.PolicyRequest, table: "policy_requests", owner: "partner_id", born: []audit.Action{audit.PolicyRequestSent},
		first: []string{"pending_approval"},
		moves: map[audit.Action]string{
			audit.PolicyRequestResent: "pending_approval", audit.PolicyRequestReturned: "changes_requested", audit.PolicyRequestApproved: "approved",
			audit.PolicyRequestRejected: "rejected", audit.PolicyRequestWithdrawn: "withdrawn", audit.PolicyRequestRevoked: "revoked",
		},
	},
	{
		kind: audit.SBI, table: "sbis", owner: "partner_id", born: []audit.Action{audit.SBIRegistered}, first: []string{"draft", "pending_approval"},
		moves: map[audit.Action]string{
			audit.SBISent: "pending_approval", audit.SBIResent: "pending_approval", audit.SBIReturned: "changes_requested", audit.SBIApproved: "approved",
			audit.SBIRejected: "rejected", audit.SBIWithdrawn: "withdrawn", audit.SBIDeactivated: "deactivated", audit.SBIReactivated: "approved",
		},
	},
	{
		kind: audit.Device, table: "devices", owner: "partner_id", born: []audit.Action{audit.DeviceRegistered}, first: []string{"pending_approval"},
		moves: map[audit.Action]string{
			audit.DeviceResent: "pending_approval", audit.DeviceReturned: "changes_requested", audit.DeviceApproved: "approved",
			audit.DeviceRejected: "rejected", audit.DeviceWithdrawn: "withdrawn", audit.DeviceDeactivated: "deactivated", audit.DeviceReactivated: "approved",
		},
	},
	{
		kind: audit.FTMChip, table: "ftm_chips", owner: "partner_id", born: []audit.Action{audit.FTMChipRegistered}, first: []string{"pending_certificate"},
		moves: map[audit.Action]string{
			audit.FTMChipResent: "pending_approval", audit.FTMChipReturned: "changes_requested", audit.FTMChipApproved: "approved",
			audit.FTMChipRejected: "rejected", audit.FTMChipWithdrawn: "withdrawn", audit.FTMChipDeactivated: "deactivated", audit.FTMChipReactivated: "approved",
		},
	},
	{
		kind: audit.Certificate, table: "partner_certificates", owner: "partner_id", born: []audit.Action{audit.CertificateAccepted}, first: []string{"accepted"},
		moves: map[audit.Action]string{audit.CertificateWithdrawn: "withdrawn"},
	},
	{
		kind: audit.CACertificate, table: "ca_certificates", born: []audit.Action{audit.CAProposed, audit.CATaken},
		moves: map[audit.Action]string{
			audit.CAProposed: "waiting", audit.CATaken: "in_use", audit.CARefused: "refused", audit.CATakenOut: "out_of_use",
		},
	},
	{
		kind: audit.APIKey, table: "api_keys", owner: "partner_id", born: []audit.Action{audit.APIKeyCreated}, first: []string{"active"},
		moves: map[audit.Action]string{audit.APIKeyDeactivated: "deactivated"},
	},
	{
		kind: audit.Service, table: "service_accounts", born: []audit.Action{audit.ServiceCreated}, first: []string{"active"},
		moves: map[audit.Action]string{audit.ServiceDeactivated: "deactivated"},
	},
}

// odd is a thing that is not as the log tells.
type odd struct {
	ID   string
	Now  string // its status
	Says string // the status by the log; "" if no event tells one
	Seq  int64  // the last event that tells of it; 0: none
	Why  string // "state", "birth", "gone" or "owner"
}

// states compares every thing with its story, and the decisions with their receipts. rows
// are the rows of the log. It returns how many things were looked at.
func states(ctx context.Context, q pg.Querier, rows int64) (int, error) {
	total := 0
	var first *pg.BrokenChainError
	note := func(seq int64, why string) {
		if first == nil || seq < first.Seq {
			first = &pg.BrokenChainError{Seq: seq, Why: why, Rows: rows}
		}
	}
	for _, s := range stories {
		n, err := pg.Value[int](ctx, q, `select count(*) from `+s.table, nil)
		if err != nil {
			return total, err
		}
		total += n
		odds, err := s.odds(ctx, q)
		if err != nil {
			return total, fmt.Errorf("state of %s: %w", s.table, err)
		}
		for _, o := range odds {
			note(o.Seq, o.words(s))
		}
	}
	seqs, err := pg.Values[int64](ctx, q, `
		select r.seq from receipts r left join audit_log l on l.seq = r.seq and l.result = 'done' and l.action = any(@decisions)
		where l.seq is null order by r.seq limit 1`, pg.Args{"decisions": audit.Decisions})
	if err != nil {
		return total, err
	}
	for _, seq := range seqs {
		note(seq, "it has a receipt and is no decision")
	}
	if first != nil {
		return total, first
	}
	return total, nil
}

// words say what is odd, for an operator.
func (o odd) words(s story) string {
	thing := fmt.Sprintf("%s %s", s.kind, o.ID)
	switch o.Why {
	case "birth":
		return thing + " stands in the table " + s.table + ", and no row tells how it came there"
	case "gone":
		return "it made " + thing + ", which is missing in the table " + s.table
	case "owner":
		return "it made " + thing + " for another partner than the table " + s.table + " says"
	case "state":
		if o.Says == "" {
			return fmt.Sprintf("%s is %s in the table %s, and no row tells of that", thing, o.Now, s.table)
		}
	}
	return fmt.Sprintf("by it %s is %s, the table %s says %s", thing, o.Says, s.table, o.Now)
}

// odds are the things of one kind that are not as the log tells. A thing without birth is
// told by the number 0 or its last event.
func (s story) odds(ctx context.Context, q pg.Querier) ([]odd, error) {
	actions, tos := []string{}, []string{}
	for a, to := range s.moves {
		actions, tos = append(actions, string(a)), append(tos, to)
	}
	born := make([]string, len(s.born))
	for i, b := range s.born {
		born[i] = string(b)
	}
	owner := "false"
	if s.owner != "" {
		owner = "o.partner_id is distinct from t." + s.owner
	}
	first := s.first
	if first == nil {
		first = []string{}
	}
	return pg.All[odd](ctx, q, `
		with moves as (select * from unnest(@actions::text[], @tos::text[]) as m (action, says)),
		told as (
			select l.subject_id, l.seq, l.action, l.partner_id, coalesce(d.after, m.says) as says
			from audit_log l
			left join moves m on m.action = l.action
			left join lateral (
				select e ->> 'after' as after from jsonb_array_elements(l.detail::jsonb) as e
				where e ->> 'field' = 'status' and e ->> 'after' <> '') as d on l.detail like '%"field":"status"%'
			where l.subject_kind = @kind and l.result = 'done'),
		moved as (select distinct on (subject_id) subject_id, seq, says from told where says is not null order by subject_id, seq desc),
		born as (select distinct on (subject_id) subject_id, seq, partner_id from told where action = any(@born) order by subject_id, seq),
		odds as (
			select t.id::text as id, t.status as now, coalesce(m.says, '') as says, coalesce(m.seq, o.seq, 0) as seq,
				case when o.seq is null then 'birth' when `+owner+` then 'owner'
					when m.says is null and t.status <> all(@first::text[]) or m.says <> t.status then 'state' end as why
			from `+s.table+` t left join moved m on m.subject_id = t.id::text left join born o on o.subject_id = t.id::text
			union all
			select o.subject_id, '', '', o.seq, 'gone' from born o where not exists (select 1 from `+s.table+` t where t.id::text = o.subject_id))
		select id, now, says, seq, why from odds where why is not null order by seq limit 20`,
		pg.Args{"kind": string(s.kind), "actions": actions, "tos": tos, "born": born, "first": first})
}
