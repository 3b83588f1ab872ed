-- +goose Up
-- SBI: the software of a provider's devices, by version. What was sent and decided
-- stands in approval_submissions and approval_decisions.
create table sbis (
    id            uuid        not null constraint sbis_pkey primary key,
    partner_id    uuid        not null constraint sbis_partner_id_fkey references partners (id),
    sbi_version   text        not null constraint sbis_sbi_version_check check (char_length(sbi_version) between 1 and 64),
    hash          bytea       not null constraint sbis_hash_check check (length(hash) = 32), -- SHA-256 of the binary
    created_on    date        not null,
    expires_on    date        not null, -- the last day on which it counts
    made_from     uuid        constraint sbis_made_from_fkey references sbis (id), -- the version that this one follows
    status        text        not null constraint sbis_status_check
        check (status in ('draft', 'pending_approval', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'deactivated')),
    submission    integer     not null default 0, -- how often it was sent; 0: never
    submitted_at  timestamptz, -- the last time
    approved_at   timestamptz,
    ended_by      uuid        constraint sbis_ended_by_fkey references users (id), -- who withdrew or deactivated it
    ended_at      timestamptz,
    ended_reason  text        not null default '' constraint sbis_ended_reason_check check (char_length(ended_reason) <= 2000),
    version       integer     not null default 1,
    registered_by uuid        not null constraint sbis_registered_by_fkey references users (id),
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint sbis_id_partner_key unique (id, partner_id), -- so that no device hangs on another provider's
    constraint sbis_dates_check check (expires_on > created_on),
    constraint sbis_submitted_check check ((submission > 0) = (submitted_at is not null)),
    constraint sbis_approved_check check (status not in ('approved', 'deactivated') or approved_at is not null),
    constraint sbis_ended_check check ((status in ('withdrawn', 'deactivated')) = (ended_at is not null))
);
-- One version is one piece of software (domain.md §3.7).
create unique index sbis_version_key on sbis (partner_id, lower(sbi_version)) where status not in ('rejected', 'withdrawn');
create index sbis_partner_idx on sbis (partner_id, created_at desc, id desc);
create index sbis_status_idx on sbis (status, submitted_at desc nulls last, id desc);
create index sbis_submitted_idx on sbis (submitted_at desc nulls last, id desc);
create index sbis_expires_idx on sbis (expires_on, id) where status = 'approved';
create index sbis_hash_idx on sbis (hash);
create index sbis_version_trgm_idx on sbis using gin (sbi_version gin_trgm_ops);

-- +goose Down
drop table sbis;
