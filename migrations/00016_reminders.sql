-- +goose Up
-- Which mails a person does not want (mail.Topic). Without a row a topic is
-- wanted; what is essential has no topic.
create table mail_optouts (
    user_id   uuid        not null constraint mail_optouts_user_id_fkey references users (id) on delete cascade,
    topic     text        not null constraint mail_optouts_topic_check
        check (topic in ('new_requests', 'policy_changes', 'policy_reviews', 'endings_early', 'endings_daily', 'weekly_summary')),
    chosen_at timestamptz not null,
    constraint mail_optouts_pkey primary key (user_id, topic)
);

-- Whose mail it is, so that its link can switch the topic off; null where nobody has an account yet.
alter table mail_outbox add column user_id uuid constraint mail_outbox_user_id_fkey references users (id) on delete set null;

-- Rounds of reminders that were made: each once, on any replica. day is the day
-- that a round speaks of; of a weekly one it is the Monday.
create table reminder_rounds (
    kind    text        not null constraint reminder_rounds_kind_check check (kind in ('endings', 'weekly')),
    day     date        not null,
    made_at timestamptz not null,
    constraint reminder_rounds_pkey primary key (kind, day)
);

-- Which steps of the ladder before an end were announced, each once. What is
-- renewed has another end, and so a ladder of its own.
create table end_notices (
    kind       text        not null constraint end_notices_kind_check
        check (kind in ('certificate', 'ca_certificate', 'api_key', 'grant', 'service_account')),
    subject_id uuid        not null,
    ends_on    date        not null,
    step       integer     not null constraint end_notices_step_check check (step between 0 and 30), -- days before
    sent_at    timestamptz not null,
    constraint end_notices_pkey primary key (kind, subject_id, ends_on, step)
);

-- +goose Down
drop table end_notices;
drop table reminder_rounds;
alter table mail_outbox drop column user_id;
drop table mail_optouts;
