-- +goose Up
-- What staff note for each other about a thing; partners never see it. Removing
-- one takes its text away for good.
create table internal_notes (
    id           uuid        not null constraint internal_notes_pkey primary key,
    subject_kind text        not null, -- as in audit_log
    subject_id   uuid        not null,
    text         text        not null constraint internal_notes_text_check check (char_length(text) <= 2000),
    author_id    uuid        not null constraint internal_notes_author_id_fkey references users (id),
    created_at   timestamptz not null,
    edited_at    timestamptz,
    removed_at   timestamptz,
    version      integer     not null default 1,
    constraint internal_notes_removed_check check ((removed_at is not null) = (text = ''))
);
create index internal_notes_subject_idx on internal_notes (subject_kind, subject_id, created_at desc, id desc);

-- Whose work something is that waits for a decision: a sign, no lock. round is
-- the one of the thing that somebody took on (its submission, say); when the
-- thing has moved on, the sign counts no more.
create table assignments (
    subject_kind text        not null, -- as in audit_log
    subject_id   uuid        not null,
    round        integer     not null,
    user_id      uuid        not null constraint assignments_user_id_fkey references users (id),
    assigned_by  uuid        not null constraint assignments_assigned_by_fkey references users (id),
    assigned_at  timestamptz not null,
    constraint assignments_pkey primary key (subject_kind, subject_id)
);
create index assignments_user_idx on assignments (user_id, assigned_at desc);

-- A key of the keyboard that acts at once can be switched off (WCAG 2.1.4).
alter table users add column shortcuts boolean not null default true;

-- What people search for.
create index partner_certificates_serial_idx on partner_certificates (serial);
create index partner_certificates_subject_trgm_idx on partner_certificates using gin (subject gin_trgm_ops);
create index ca_certificates_serial_idx on ca_certificates (serial);

-- +goose Down
drop index ca_certificates_serial_idx;
drop index partner_certificates_subject_trgm_idx;
drop index partner_certificates_serial_idx;
alter table users drop column shortcuts;
drop table assignments;
drop table internal_notes;
