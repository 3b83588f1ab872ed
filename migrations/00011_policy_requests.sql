-- +goose Up
-- A partner's request to use a policy of its group. An approved one is a grant:
-- it hands out whatever version of the policy is in force, until it ends.
create table policy_requests (
    id                uuid        not null constraint policy_requests_pkey primary key,
    partner_id        uuid        not null constraint policy_requests_partner_id_fkey references partners (id),
    policy_id         uuid        not null constraint policy_requests_policy_id_fkey references policies (id),
    status            text        not null constraint policy_requests_status_check
        check (status in ('pending_approval', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'revoked')),
    reason            text        not null constraint policy_requests_reason_check check (char_length(reason) between 1 and 500),
    submission        integer     not null default 1,
    requested_by      uuid        not null constraint policy_requests_requested_by_fkey references users (id),
    submitted_at      timestamptz not null, -- the last time
    approved_version  uuid        constraint policy_requests_approved_version_fkey references policy_versions (id), -- in force when it was approved
    approved_at       timestamptz,
    ends_on           date, -- the last day of a grant
    paused_at         timestamptz, -- since its partner is deactivated
    ended_by          uuid        constraint policy_requests_ended_by_fkey references users (id), -- who withdrew or revoked it
    ended_at          timestamptz,
    ended_reason      text        not null default '' constraint policy_requests_ended_reason_check check (char_length(ended_reason) <= 2000),
    version           integer     not null default 1,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    constraint policy_requests_approved_check check (status not in ('approved', 'revoked')
        or (approved_version is not null and approved_at is not null and ends_on is not null)),
    constraint policy_requests_paused_check check (paused_at is null or status in ('approved', 'revoked')),
    constraint policy_requests_ended_check check ((status in ('withdrawn', 'revoked')) = (ended_at is not null)),
    constraint policy_requests_revoked_check check (status <> 'revoked' or ended_reason <> '')
);
-- One policy is asked for once at a time, however often a form is sent (security.md CON-2).
create unique index policy_requests_open_key on policy_requests (partner_id, policy_id)
    where status in ('pending_approval', 'changes_requested', 'approved');
create index policy_requests_partner_idx on policy_requests (partner_id, submitted_at desc, id desc);
create index policy_requests_policy_idx on policy_requests (policy_id, status);
create index policy_requests_status_idx on policy_requests (status, submitted_at desc, id desc);
create index policy_requests_submitted_idx on policy_requests (submitted_at desc, id desc);
create index policy_requests_ends_idx on policy_requests (ends_on, id) where status = 'approved';

-- What the partner said each time it asked, so that two submissions can be
-- compared.
create table policy_request_submissions (
    request_id   uuid        not null constraint policy_request_submissions_request_id_fkey references policy_requests (id),
    number       integer     not null,
    answers      jsonb       not null,
    submitted_by uuid        not null constraint policy_request_submissions_submitted_by_fkey references users (id),
    submitted_at timestamptz not null,
    constraint policy_request_submissions_pkey primary key (request_id, number),
    constraint policy_request_submissions_author_key unique (request_id, number, submitted_by)
);

-- A Partner Admin's decision on one submission; one submission has one decision,
-- and nobody decides on what they sent themselves (security.md AUT-6).
create table policy_request_reviews (
    id           uuid        not null constraint policy_request_reviews_pkey primary key,
    request_id   uuid        not null,
    submission   integer     not null,
    submitted_by uuid        not null, -- of the submission
    decision     text        not null constraint policy_request_reviews_decision_check check (decision in ('approved', 'changes_requested', 'rejected')),
    reason       text        not null constraint policy_request_reviews_reason_check check (char_length(reason) <= 2000),
    decided_by   uuid        not null constraint policy_request_reviews_decided_by_fkey references users (id),
    decided_at   timestamptz not null,
    constraint policy_request_reviews_submission_fkey foreign key (request_id, submission, submitted_by)
        references policy_request_submissions (request_id, number, submitted_by),
    constraint policy_request_reviews_four_eyes_check check (decided_by <> submitted_by),
    constraint policy_request_reviews_submission_key unique (request_id, submission),
    constraint policy_request_reviews_reason_given_check check (decision <> 'rejected' or reason <> '')
);
create index policy_request_reviews_decided_idx on policy_request_reviews (decided_at);

create table policy_request_review_fields (
    review_id uuid    not null constraint policy_request_review_fields_review_id_fkey references policy_request_reviews (id),
    position  integer not null,
    field     text    not null,
    message   text    not null constraint policy_request_review_fields_message_check check (char_length(message) between 1 and 500),
    constraint policy_request_review_fields_pkey primary key (review_id, position),
    constraint policy_request_review_fields_field_key unique (review_id, field)
);

-- A partner asks for a later last day of a grant; an admin extends or refuses.
create table policy_request_extensions (
    id              uuid        not null constraint policy_request_extensions_pkey primary key,
    request_id      uuid        not null constraint policy_request_extensions_request_id_fkey references policy_requests (id),
    reason          text        not null constraint policy_request_extensions_reason_check check (char_length(reason) between 1 and 500),
    ended_on        date        not null, -- the grant's last day when it was asked
    requested_by    uuid        not null constraint policy_request_extensions_requested_by_fkey references users (id),
    requested_at    timestamptz not null,
    decision        text        constraint policy_request_extensions_decision_check check (decision in ('extended', 'refused')),
    decision_reason text        not null default '' constraint policy_request_extensions_decision_reason_check check (char_length(decision_reason) <= 2000),
    ends_on         date, -- the new last day
    decided_by      uuid        constraint policy_request_extensions_decided_by_fkey references users (id),
    decided_at      timestamptz,
    constraint policy_request_extensions_decided_check check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by is null)),
    constraint policy_request_extensions_extended_check check ((coalesce(decision, '') = 'extended') = (ends_on is not null)),
    constraint policy_request_extensions_refused_check check (decision <> 'refused' or decision_reason <> ''),
    constraint policy_request_extensions_four_eyes_check check (decided_by <> requested_by)
);
create unique index policy_request_extensions_open_key on policy_request_extensions (request_id) where decision is null;
create index policy_request_extensions_request_idx on policy_request_extensions (request_id, requested_at desc);

-- +goose Down
drop table policy_request_extensions;
drop table policy_request_review_fields;
drop table policy_request_reviews;
drop table policy_request_submissions;
drop table policy_requests;
