-- +goose Up
create table users (
    id              uuid        not null constraint users_pkey primary key,
    email           text        not null constraint users_email_check check (octet_length(email) <= 254),
    email_key       text        not null constraint users_email_key_key unique,
    first_name      text        not null constraint users_first_name_check check (char_length(first_name) between 1 and 64),
    last_name       text        not null constraint users_last_name_check check (char_length(last_name) <= 64),
    phone           text        not null constraint users_phone_check check (char_length(phone) <= 16),
    lang            text        not null constraint users_lang_check check (lang in ('en', 'fr', 'ar')),
    password        text, -- PHC string under a keyed hash; null until the invitation is taken up
    status          text        not null constraint users_status_check check (status in ('active', 'deactivated')),
    auth_epoch      integer     not null default 1, -- raised to end every session (security.md SES-5)
    partner_id      uuid        constraint users_partner_id_fkey references partners (id), -- null for staff
    owner           boolean     not null default false, -- the person who registered the partner
    last_sign_in_at timestamptz,
    version         integer     not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    constraint users_owner_check check (not owner or partner_id is not null)
);
create unique index users_owner_key on users (partner_id) where owner;
create index users_partner_idx on users (partner_id);
create index users_name_idx on users (lower(first_name || ' ' || last_name), id);
create index users_email_trgm_idx on users using gin (email gin_trgm_ops);
create index users_name_trgm_idx on users using gin ((first_name || ' ' || last_name) gin_trgm_ops);

-- Staff roles only; a partner's role is its partner's type.
create table user_roles (
    user_id    uuid        not null constraint user_roles_user_id_fkey references users (id),
    role       text        not null constraint user_roles_role_check check (role in ('PARTNER_ADMIN', 'POLICYMANAGER')),
    granted_by uuid        constraint user_roles_granted_by_fkey references users (id),
    granted_at timestamptz not null,
    constraint user_roles_pkey primary key (user_id, role),
    constraint user_roles_not_by_oneself_check check (granted_by is distinct from user_id)
);

-- Identity stands in columns; data holds nothing but the flash message
-- (security.md SES-1 … SES-5). A finished session stays as a tombstone until it
-- would have expired, so that nothing can bring it back.
create table sessions (
    token        text        not null constraint sessions_pkey primary key, -- hash of the cookie's value
    user_id      uuid        constraint sessions_user_id_fkey references users (id),
    auth_epoch   integer     not null default 0,
    data         bytea       not null,
    ip           text        not null default '',
    user_agent   text        not null default '',
    created_at   timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at   timestamptz not null,
    revoked_at   timestamptz
);
create index sessions_user_idx on sessions (user_id) where revoked_at is null;
create index sessions_expires_idx on sessions (expires_at);

-- A proof that somebody reads an e-mail address (security.md REG-4 … REG-8).
-- No code rests here: it is derived from the server key, the id and sends.
create table challenges (
    id          uuid        not null constraint challenges_pkey primary key,
    purpose     text        not null constraint challenges_purpose_check check (purpose in ('register', 'reset', 'invite')),
    email       text        not null,
    email_key   text        not null,
    user_id     uuid        constraint challenges_user_id_fkey references users (id),
    net_key     text        not null,
    silent      boolean     not null default false, -- no code was mailed: the address has an account
    sends       integer     not null default 1,
    attempts    integer     not null default 0,
    created_at  timestamptz not null,
    sent_at     timestamptz not null, -- last hand-over to the outbox
    handed_at   timestamptz,          -- last hand-over to the mail server
    verified_at timestamptz,
    consumed_at timestamptz,
    constraint challenges_sends_check check (sends between 1 and 5),
    constraint challenges_attempts_check check (attempts between 0 and 5)
);
create index challenges_email_idx on challenges (email_key, created_at);
create index challenges_net_idx on challenges (net_key, created_at);
create index challenges_user_idx on challenges (user_id, purpose);

-- A registration that is not sent yet. answers are sealed with a key that only
-- the visitor's browser holds (security.md REG-2).
create table registration_drafts (
    token        text        not null constraint registration_drafts_pkey primary key, -- hash of the cookie's value
    answers      bytea       not null,
    challenge_id uuid        constraint registration_drafts_challenge_id_fkey references challenges (id) on delete set null,
    version      integer     not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    expires_at   timestamptz not null
);
create index registration_drafts_expires_idx on registration_drafts (expires_at);

-- Sign-in throttling (security.md LGN-2 … LGN-5): logged tables, shared by all
-- replicas. Keys are keyed hashes of what was typed.
create table sign_in_buckets (
    key           bytea       not null constraint sign_in_buckets_pkey primary key,
    failures      integer     not null,
    blocked_until timestamptz not null,
    updated_at    timestamptz not null
);
create table sign_in_attempts (
    id          bigint      generated always as identity constraint sign_in_attempts_pkey primary key,
    net_key     text        not null,
    account_key bytea       not null,
    at          timestamptz not null
);
create index sign_in_attempts_net_idx on sign_in_attempts (net_key, at);
create index sign_in_attempts_at_idx on sign_in_attempts (at);

-- +goose Down
drop table sign_in_attempts;
drop table sign_in_buckets;
drop table registration_drafts;
drop table challenges;
drop table sessions;
drop table user_roles;
drop table users;
