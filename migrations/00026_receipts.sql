-- +goose Up
-- A receipt of each decision, written in the statement that writes its row of the audit
-- log. code is a keyed hash of that row's hash, so that nobody can make one without the
-- key; change_id is the transaction, by which a mail finds the receipts of what it tells of.
create table receipts (
    code      bytea  not null constraint receipts_pkey primary key constraint receipts_code_check check (length(code) = 10),
    seq       bigint not null constraint receipts_seq_key unique, -- in audit_log
    change_id uuid   not null
);
create index receipts_change_id_idx on receipts (change_id, seq);
create trigger receipts_insert_only before update or delete on receipts
    for each row execute function audit_log_refuse();
create trigger receipts_no_truncate before truncate on receipts
    for each statement execute function audit_log_refuse();

-- The transaction that wrote a mail; null for the ones before this column.
alter table mail_outbox add column change_id uuid;

-- How often each network has asked for receipts since a moment, shared by all replicas.
create table receipt_checks (
    net_key text        not null constraint receipt_checks_pkey primary key,
    since   timestamptz not null,
    checks  integer     not null
);
create index receipt_checks_since_idx on receipt_checks (since);

-- +goose Down
drop table receipt_checks;
alter table mail_outbox drop column change_id;
drop table receipts;
