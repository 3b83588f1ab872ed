-- +goose Up
-- Authenticator apps (security.md MFA-1 … MFA-7). A person has at most one that
-- counts and one that is being set up. The secret is sealed for this user.
create table second_factors (
    id           uuid        not null constraint second_factors_pkey primary key,
    user_id      uuid        not null constraint second_factors_user_id_fkey references users (id),
    kind         text        not null constraint second_factors_kind_check check (kind in ('totp')),
    secret       bytea       not null, -- AES-256-GCM, bound to user_id
    key_id       text        not null, -- of the master key that sealed it
    last_step    bigint      not null default 0, -- the newest time step whose code was taken (MFA-3)
    created_at   timestamptz not null,
    confirmed_at timestamptz -- null while it is being set up: it does not count yet
);
create unique index second_factors_confirmed_key on second_factors (user_id) where confirmed_at is not null;
create unique index second_factors_setup_key on second_factors (user_id) where confirmed_at is null;

-- Codes on paper for somebody without their phone: SHA-256 of 120 random bits each.
create table recovery_codes (
    hash       bytea       not null constraint recovery_codes_pkey primary key,
    user_id    uuid        not null constraint recovery_codes_user_id_fkey references users (id),
    created_at timestamptz not null,
    used_at    timestamptz
);
create index recovery_codes_user_idx on recovery_codes (user_id);

-- Somebody whose password was right and whose code is awaited. It is no session:
-- nothing but the code's page reads it.
create table pending_sign_ins (
    token      bytea       not null constraint pending_sign_ins_pkey primary key, -- hash of the cookie's value
    user_id    uuid        not null constraint pending_sign_ins_user_id_fkey references users (id),
    auth_epoch integer     not null, -- of the moment when the password was right (LGN-6)
    attempts   integer     not null default 0 constraint pending_sign_ins_attempts_check check (attempts between 0 and 5),
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index pending_sign_ins_expires_idx on pending_sign_ins (expires_at);
create index pending_sign_ins_user_idx on pending_sign_ins (user_id);

-- When the second factor was last checked in this session; null: never (MFA-6).
alter table sessions add column factor_at timestamptz;

-- +goose Down
alter table sessions drop column factor_at;
drop table pending_sign_ins;
drop table recovery_codes;
drop table second_factors;
