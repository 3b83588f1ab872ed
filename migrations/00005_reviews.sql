-- +goose Up
-- A Partner Admin's decision on one submission. One submission has one
-- decision, whoever presses first (security.md CON-2).
create table partner_reviews (
    id         uuid        not null constraint partner_reviews_pkey primary key,
    partner_id uuid        not null,
    submission integer     not null,
    decision   text        not null constraint partner_reviews_decision_check check (decision in ('approved', 'changes_requested', 'rejected')),
    reason     text        not null constraint partner_reviews_reason_check check (char_length(reason) <= 2000),
    decided_by uuid        not null constraint partner_reviews_decided_by_fkey references users (id),
    decided_at timestamptz not null,
    constraint partner_reviews_submission_fkey foreign key (partner_id, submission) references partner_submissions (partner_id, number),
    constraint partner_reviews_submission_key unique (partner_id, submission)
);

create table partner_review_fields (
    review_id uuid    not null constraint partner_review_fields_review_id_fkey references partner_reviews (id),
    position  integer not null,
    field     text    not null,
    message   text    not null constraint partner_review_fields_message_check check (char_length(message) between 1 and 500),
    constraint partner_review_fields_pkey primary key (review_id, position),
    constraint partner_review_fields_field_key unique (review_id, field)
);

-- +goose Down
drop table partner_review_fields;
drop table partner_reviews;
