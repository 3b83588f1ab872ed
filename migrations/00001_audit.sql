-- +goose Up
create extension if not exists pg_trgm;

-- One row per event, chained by hash (security.md AUD-1 … AUD-4). detail is
-- text, not jsonb: the hash is over the very bytes that are stored.
create table audit_log (
    seq            bigint      not null constraint audit_log_pkey primary key,
    at             timestamptz not null,
    actor_id       uuid,
    actor_name     text        not null,
    actor_role     text        not null,
    session        bytea,
    ip             text        not null,
    request_id     text        not null,
    action         text        not null,
    result         text        not null constraint audit_log_result_check check (result in ('done', 'denied', 'failed')),
    subject_kind   text        not null,
    subject_id     text        not null,
    subject_name   text        not null,
    partner_id     uuid,
    version_before integer     not null,
    version_after  integer     not null,
    detail         text        not null,
    format         smallint    not null,
    hash           bytea       not null constraint audit_log_hash_check check (length(hash) = 32)
);
create index audit_log_subject_idx on audit_log (subject_kind, subject_id, seq desc);
create index audit_log_actor_idx on audit_log (actor_id, seq desc);
create index audit_log_action_idx on audit_log (action, seq desc);
create index audit_log_at_idx on audit_log (at);
create index audit_log_partner_idx on audit_log (partner_id, seq desc) where partner_id is not null;
create index audit_log_subject_name_idx on audit_log using gin (subject_name gin_trgm_ops);
create index audit_log_actor_name_idx on audit_log using gin (actor_name gin_trgm_ops);

-- The last link of the chain. Locked last in every transaction, so that
-- sequence numbers have no gaps.
create table audit_head (
    single boolean not null default true constraint audit_head_pkey primary key constraint audit_head_single_check check (single),
    seq    bigint  not null,
    hash   bytea   not null
);
insert into audit_head (seq, hash) values (0, '\x0000000000000000000000000000000000000000000000000000000000000000');

-- +goose StatementBegin
create function audit_log_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is insert-only' using errcode = 'insufficient_privilege';
end
$$;
-- +goose StatementEnd
create trigger audit_log_insert_only before update or delete on audit_log
    for each row execute function audit_log_refuse();
create trigger audit_log_no_truncate before truncate on audit_log
    for each statement execute function audit_log_refuse();

-- +goose Down
drop table audit_log;
drop table audit_head;
drop function audit_log_refuse();
drop extension pg_trgm;
