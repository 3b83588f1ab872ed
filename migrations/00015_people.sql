-- +goose Up
-- Whoever is removed stays as a name in what they did; the address is free again.
alter table users drop constraint users_status_check;
alter table users add constraint users_status_check check (status in ('active', 'deactivated', 'removed'));
alter table users add constraint users_removed_check check (status <> 'removed' or (password is null and email = '' and phone = '' and not owner));

alter table challenges drop constraint challenges_purpose_check;
alter table challenges add constraint challenges_purpose_check check (purpose in ('register', 'reset', 'invite', 'new_address'));

-- Whom to ask about what, besides the owner. The whole list is written at once,
-- under the version of its partner.
create table partner_contacts (
    partner_id uuid    not null constraint partner_contacts_partner_id_fkey references partners (id),
    position   integer not null constraint partner_contacts_position_check check (position between 1 and 10),
    kind       text    not null constraint partner_contacts_kind_check check (kind in ('technical', 'legal', 'security')),
    name       text    not null constraint partner_contacts_name_check check (char_length(name) between 1 and 128),
    email      text    not null constraint partner_contacts_email_check check (octet_length(email) between 1 and 254),
    phone      text    not null constraint partner_contacts_phone_check check (char_length(phone) <= 16),
    constraint partner_contacts_pkey primary key (partner_id, position)
);

-- A change that a partner asks for and a Partner Admin decides: another name of
-- the organisation, or another address of its owner. A new address is unproved
-- until its code was typed.
create table partner_changes (
    id           uuid        not null constraint partner_changes_pkey primary key,
    partner_id   uuid        not null constraint partner_changes_partner_id_fkey references partners (id),
    field        text        not null constraint partner_changes_field_check check (field in ('organisation', 'email')),
    status       text        not null constraint partner_changes_status_check
        check (status in ('unproved', 'pending_approval', 'approved', 'rejected', 'withdrawn')),
    before       text        not null,
    after        text        not null constraint partner_changes_after_check check (octet_length(after) between 1 and 512 and after <> before),
    reason       text        not null constraint partner_changes_reason_check check (char_length(reason) between 1 and 500),
    challenge_id uuid        constraint partner_changes_challenge_id_fkey references challenges (id) on delete set null,
    requested_by uuid        not null constraint partner_changes_requested_by_fkey references users (id),
    requested_at timestamptz not null,
    submitted_at timestamptz not null, -- since it waits for a decision; for an unproved one, when it was asked for
    ended_by     uuid        constraint partner_changes_ended_by_fkey references users (id), -- who decided, or withdrew it
    ended_at     timestamptz,
    ended_reason text        not null default '' constraint partner_changes_ended_reason_check check (char_length(ended_reason) <= 2000),
    version      integer     not null default 1,
    constraint partner_changes_unproved_check check (status <> 'unproved' or field = 'email'),
    constraint partner_changes_ended_check check ((status in ('approved', 'rejected', 'withdrawn')) = (ended_at is not null)),
    constraint partner_changes_rejected_check check (status <> 'rejected' or ended_reason <> ''),
    -- Nobody decides on what they asked for themselves (security.md AUT-6).
    constraint partner_changes_not_by_oneself_check check (status not in ('approved', 'rejected') or ended_by <> requested_by)
);
-- One change of a field is open at a time, however often a form is sent (security.md CON-2).
create unique index partner_changes_open_key on partner_changes (partner_id, field) where status in ('unproved', 'pending_approval');
create index partner_changes_partner_idx on partner_changes (partner_id, requested_at desc);
create index partner_changes_status_idx on partner_changes (status, submitted_at desc, id desc);
create index partner_changes_challenge_idx on partner_changes (challenge_id);

-- The times a partner was deactivated. What it paused bears its very moment as
-- paused_at.
create table partner_deactivations (
    id             uuid        not null constraint partner_deactivations_pkey primary key,
    partner_id     uuid        not null constraint partner_deactivations_partner_id_fkey references partners (id),
    reason         text        not null constraint partner_deactivations_reason_check check (char_length(reason) between 10 and 2000),
    deactivated_by uuid        not null constraint partner_deactivations_deactivated_by_fkey references users (id),
    deactivated_at timestamptz not null,
    ended_by       uuid        constraint partner_deactivations_ended_by_fkey references users (id),
    ended_at       timestamptz,
    ended_reason   text        not null default '' constraint partner_deactivations_ended_reason_check check (char_length(ended_reason) <= 2000),
    constraint partner_deactivations_ended_check check ((ended_at is not null) = (ended_by is not null and ended_reason <> ''))
);
create unique index partner_deactivations_open_key on partner_deactivations (partner_id) where ended_at is null;
create index partner_deactivations_partner_idx on partner_deactivations (partner_id, deactivated_at desc);

-- +goose Down
drop table partner_deactivations;
drop table partner_changes;
drop table partner_contacts;
delete from challenges where purpose = 'new_address';
alter table challenges drop constraint challenges_purpose_check;
alter table challenges add constraint challenges_purpose_check check (purpose in ('register', 'reset', 'invite'));
alter table users drop constraint users_removed_check;
update users set status = 'deactivated' where status = 'removed';
alter table users drop constraint users_status_check;
alter table users add constraint users_status_check check (status in ('active', 'deactivated'));
