-- +goose Up
-- The outbox (security.md OPS-10): written in the transaction that it tells of,
-- sent by a worker under a lease. position keeps the order within an address.
create table mail_outbox (
    id           uuid        not null constraint mail_outbox_pkey primary key,
    position     bigint      generated always as identity,
    kind         text        not null,
    recipient    text        not null,
    lang         text        not null constraint mail_outbox_lang_check check (lang in ('en', 'fr', 'ar')),
    params       jsonb       not null,
    challenge_id uuid        constraint mail_outbox_challenge_id_fkey references challenges (id) on delete set null,
    status       text        not null constraint mail_outbox_status_check check (status in ('queued', 'sent', 'failed')),
    attempts     integer     not null default 0,
    not_before   timestamptz not null,
    lease_until  timestamptz,
    last_error   text        not null default '',
    created_at   timestamptz not null,
    sent_at      timestamptz
);
create index mail_outbox_queued_idx on mail_outbox (not_before, position) where status = 'queued';
create index mail_outbox_status_idx on mail_outbox (status, position desc);
create index mail_outbox_recipient_idx on mail_outbox (recipient, created_at);

-- +goose Down
drop table mail_outbox;
