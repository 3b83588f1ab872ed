-- +goose Up
-- The last head of the audit log that was signed: which of the replicas signs the next
-- one, and from where it looks. What it proves stands outside the database, so nothing
-- rests on this row.
create table audit_seal (
    single    boolean     not null default true constraint audit_seal_pkey primary key constraint audit_seal_single_check check (single),
    seq       bigint      not null,
    hash      bytea       not null,
    signed_at timestamptz not null,
    mailed_on date -- the day of the last mail with a head
);
insert into audit_seal (seq, hash, signed_at) values (0, '', 'epoch');

alter table mail_optouts drop constraint mail_optouts_topic_check;
alter table mail_optouts add constraint mail_optouts_topic_check check (topic in
    ('new_requests', 'policy_changes', 'policy_reviews', 'endings_early', 'endings_daily', 'weekly_summary', 'audit_heads'));

-- +goose Down
alter table mail_optouts drop constraint mail_optouts_topic_check;
delete from mail_optouts where topic = 'audit_heads';
alter table mail_optouts add constraint mail_optouts_topic_check check (topic in
    ('new_requests', 'policy_changes', 'policy_reviews', 'endings_early', 'endings_daily', 'weekly_summary'));
drop table audit_seal;
