-- +goose Up
-- What a provider sent each time that it asked for an approval of a thing (an SBI,
-- a device, an FTM chip), so that two submissions can be compared.
create table approval_submissions (
    kind         text        not null constraint approval_submissions_kind_check check (kind in ('sbi', 'device', 'ftm_chip')),
    subject_id   uuid        not null, -- the thing
    number       integer     not null,
    answers      jsonb       not null,
    submitted_by uuid        not null constraint approval_submissions_submitted_by_fkey references users (id),
    submitted_at timestamptz not null,
    constraint approval_submissions_pkey primary key (kind, subject_id, number),
    constraint approval_submissions_author_key unique (kind, subject_id, number, submitted_by)
);

-- A Partner Admin's decision on one submission; one submission has one decision,
-- and nobody decides on what they sent themselves (security.md AUT-6).
create table approval_decisions (
    id           uuid        not null constraint approval_decisions_pkey primary key,
    kind         text        not null,
    subject_id   uuid        not null,
    submission   integer     not null,
    submitted_by uuid        not null, -- of the submission
    decision     text        not null constraint approval_decisions_decision_check check (decision in ('approved', 'changes_requested', 'rejected')),
    reason       text        not null constraint approval_decisions_reason_check check (char_length(reason) <= 2000),
    lines        jsonb       not null default '[]', -- what to change of which answer: [{"field", "message"}]
    decided_by   uuid        not null constraint approval_decisions_decided_by_fkey references users (id),
    decided_at   timestamptz not null,
    constraint approval_decisions_submission_fkey foreign key (kind, subject_id, submission, submitted_by)
        references approval_submissions (kind, subject_id, number, submitted_by),
    constraint approval_decisions_submission_key unique (kind, subject_id, submission),
    constraint approval_decisions_four_eyes_check check (decided_by <> submitted_by),
    constraint approval_decisions_reason_given_check check (decision <> 'rejected' or reason <> '')
);
create index approval_decisions_decided_idx on approval_decisions (decided_at);

-- +goose Down
drop table approval_decisions;
drop table approval_submissions;
