-- +goose Up
-- A policy whose only versions were thrown away before any was in force is
-- discarded: nobody sees it in lists, and its name is free again.
alter table policies
    drop constraint policies_status_check,
    add constraint policies_status_check check (status in ('inactive', 'active', 'deactivated', 'discarded')),
    add column review_on date; -- by when somebody looks whether it is still right
update policies set review_on = (created_at + interval '12 months')::date;
alter table policies alter column review_on set not null;
drop index policies_group_id_name_key;
create unique index policies_group_id_name_key on policies (group_id, lower(name)) where status <> 'discarded';
create index policies_review_idx on policies (review_on, id) where status = 'active';

-- Every saved version stays. One that was never in force and is no longer what
-- waits was replaced by a later save, or discarded.
alter table policy_versions
    drop constraint policy_versions_status_check,
    add constraint policy_versions_status_check
        check (status in ('inactive', 'active', 'deactivated', 'superseded', 'replaced', 'discarded')),
    drop constraint policy_versions_activated_check,
    add constraint policy_versions_activated_check
        check (status in ('inactive', 'replaced', 'discarded') or activated_by is not null),
    add column note text not null default '' constraint policy_versions_note_check check (char_length(note) <= 500),
    add column attributes integer, -- how many it hands out, counted when it was saved; null: not counted, or not understood
    add column origin integer, -- number of the version that this one restores; null: written anew
    add constraint policy_versions_origin_fkey foreign key (policy_id, origin) references policy_versions (policy_id, number),
    -- Who wrote a version never changes once something was decided on it: see policy_decisions.
    add constraint policy_versions_writers_key unique (id, author_id, last_editor_id);

-- What was decided, and what its page showed at that moment: facts, put into
-- words when read. class, special and first are of the difference to what was in
-- force. own, that the decider wrote the version or edited it last, is nobody's
-- claim: it follows from the version's writers.
create table policy_decisions (
    id             uuid        not null constraint policy_decisions_pkey primary key,
    policy_id      uuid        not null constraint policy_decisions_policy_id_fkey references policies (id),
    version_id     uuid        not null,
    author_id      uuid        not null,
    last_editor_id uuid        not null,
    action         text        not null constraint policy_decisions_action_check check (action in ('activate', 'deactivate', 'reactivate', 'restore')),
    class          text        not null constraint policy_decisions_class_check check (class in ('widens', 'narrows', 'neutral')),
    special        boolean     not null,
    first          boolean     not null,
    own            boolean     not null generated always as (decided_by = author_id or decided_by = last_editor_id) stored,
    four_eyes      text        not null constraint policy_decisions_four_eyes_mode_check check (four_eyes in ('always', 'risk', 'off')),
    emergency      boolean     not null default false,
    reason         text        not null default '' constraint policy_decisions_reason_check check (char_length(reason) <= 2000),
    picture        jsonb       not null,
    decided_by     uuid        not null constraint policy_decisions_decided_by_fkey references users (id),
    decided_at     timestamptz not null,
    constraint policy_decisions_version_fkey foreign key (version_id, author_id, last_editor_id)
        references policy_versions (id, author_id, last_editor_id),
    -- Nobody puts into force alone what they wrote, unless the installation says so for changes of little risk,
    -- has only one person, or it is an emergency that others review (design decision 1, security.md AUT-6).
    constraint policy_decisions_four_eyes_check check (
        not own or action in ('deactivate', 'restore') or four_eyes = 'off' or emergency
        or (four_eyes = 'risk' and action = 'activate' and class <> 'widens' and not special and not first)),
    constraint policy_decisions_emergency_check check (not emergency or (action in ('activate', 'reactivate') and reason <> '')),
    -- Who stands behind a decision never changes: see policy_reviews.
    constraint policy_decisions_people_key unique (id, decided_by, author_id, last_editor_id)
);
create index policy_decisions_policy_idx on policy_decisions (policy_id, decided_at desc);

-- Somebody looks again: because a policy came into force in an emergency, or
-- because its review date has come.
create table policy_reviews (
    id             uuid        not null constraint policy_reviews_pkey primary key,
    policy_id      uuid        not null constraint policy_reviews_policy_id_fkey references policies (id),
    kind           text        not null constraint policy_reviews_kind_check check (kind in ('emergency', 'due')),
    decision_id    uuid,       -- of an emergency; the next three are those of the decision
    opened_by      uuid,
    author_id      uuid,
    last_editor_id uuid,
    due_on         date        not null,
    opened_at      timestamptz not null,
    closed_by      uuid        constraint policy_reviews_closed_by_fkey references users (id),
    closed_at      timestamptz,
    outcome        text        constraint policy_reviews_outcome_check check (outcome in ('kept', 'changed', 'deactivated')),
    note           text        not null default '' constraint policy_reviews_note_check check (char_length(note) <= 2000),
    constraint policy_reviews_closed_check check ((closed_at is null) = (closed_by is null) and (closed_at is null) = (outcome is null)),
    constraint policy_reviews_emergency_check check (kind <> 'emergency'
        or (decision_id is not null and opened_by is not null and author_id is not null and last_editor_id is not null)),
    constraint policy_reviews_decision_fkey foreign key (decision_id, opened_by, author_id, last_editor_id)
        references policy_decisions (id, decided_by, author_id, last_editor_id),
    -- Whoever activated alone, wrote the version or edited it last does not review it (security.md AUT-6).
    constraint policy_reviews_second_person_check check (
        kind <> 'emergency' or closed_by is null or closed_by not in (opened_by, author_id, last_editor_id)),
    constraint policy_reviews_decision_key unique (decision_id)
);
create unique index policy_reviews_due_key on policy_reviews (policy_id, due_on) where kind = 'due';
create index policy_reviews_open_idx on policy_reviews (opened_at, id) where closed_at is null;
create index policy_reviews_policy_idx on policy_reviews (policy_id, opened_at desc);

-- Which review dates were announced by mail: once each, on any replica.
create table policy_review_notices (
    policy_id uuid        not null constraint policy_review_notices_policy_id_fkey references policies (id),
    review_on date        not null,
    sent_at   timestamptz not null,
    constraint policy_review_notices_pkey primary key (policy_id, review_on)
);

-- In which weeks after its due day, from 0, staff were reminded of an emergency
-- that nobody reviewed: once each, on any replica.
create table policy_review_reminders (
    review_id uuid        not null constraint policy_review_reminders_review_id_fkey references policy_reviews (id),
    week      integer     not null constraint policy_review_reminders_week_check check (week >= 0),
    sent_at   timestamptz not null,
    constraint policy_review_reminders_pkey primary key (review_id, week)
);

-- +goose Down
drop table policy_review_reminders;
drop table policy_review_notices;
drop table policy_reviews;
drop table policy_decisions;
alter table policy_versions
    drop constraint policy_versions_writers_key,
    drop constraint policy_versions_origin_fkey,
    drop column attributes,
    drop column origin,
    drop column note,
    drop constraint policy_versions_activated_check,
    drop constraint policy_versions_status_check,
    add constraint policy_versions_status_check check (status in ('inactive', 'active', 'deactivated', 'superseded')) not valid,
    add constraint policy_versions_activated_check check (status = 'inactive' or activated_by is not null) not valid;
drop index policies_review_idx;
drop index policies_group_id_name_key;
-- The name of a discarded policy may have been given again.
update policies set name = left(name, 91) || ' ' || id where status = 'discarded';
create unique index policies_group_id_name_key on policies (group_id, lower(name));
alter table policies
    drop column review_on,
    drop constraint policies_status_check,
    add constraint policies_status_check check (status in ('inactive', 'active', 'deactivated')) not valid;
