package certificate

// CountingIs is the one rule of which certificate counts, as SQL over
// partner_certificates c at @now: for Counting, and for a question about a
// partner that has to be answered in one statement with it.
const CountingIs = `c.status = 'accepted' and c.not_before <= @now and c.not_after > @now
	and not exists (select 1 from unnest(c.chain) as link left join ca_certificates ca on ca.id = link
		where ca.status is distinct from 'in_use' or ca.not_before > @now or ca.not_after <= @now)`

// CountingFirst puts the one that counts before the others.
const CountingFirst = `c.uploaded_at desc, c.id desc`
