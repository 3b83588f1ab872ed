-- +goose Up
-- A partner's key for one grant: its name and its end. What is shown to the
-- portal stands in key_secrets.
create table api_keys (
    id             uuid        not null constraint api_keys_pkey primary key,
    partner_id     uuid        not null constraint api_keys_partner_id_fkey references partners (id),
    request_id     uuid        not null constraint api_keys_request_id_fkey references policy_requests (id), -- the grant
    label          text        not null constraint api_keys_label_check check (char_length(label) between 1 and 36),
    status         text        not null constraint api_keys_status_check check (status in ('active', 'deactivated')),
    ends_on        date        not null, -- its last day
    paused_at      timestamptz, -- since its partner is deactivated
    created_by     uuid        not null constraint api_keys_created_by_fkey references users (id),
    created_at     timestamptz not null,
    deactivated_by uuid        constraint api_keys_deactivated_by_fkey references users (id),
    deactivated_at timestamptz,
    ended_reason   text        not null default '' constraint api_keys_ended_reason_check check (char_length(ended_reason) <= 2000),
    version        integer     not null default 1,
    updated_at     timestamptz not null,
    constraint api_keys_deactivated_check check ((status = 'deactivated') = (deactivated_at is not null))
);
create unique index api_keys_label_key on api_keys (request_id, lower(label));
create index api_keys_partner_idx on api_keys (partner_id, created_at desc, id desc);
create index api_keys_created_idx on api_keys (created_at desc, id desc);
create index api_keys_ends_idx on api_keys (ends_on, id) where status = 'active';
create index api_keys_label_trgm_idx on api_keys using gin (label gin_trgm_ops);

-- Another system's access to the API, with no more rights than are listed.
create table service_accounts (
    id             uuid        not null constraint service_accounts_pkey primary key,
    name           text        not null constraint service_accounts_name_check check (char_length(name) between 1 and 64),
    description    text        not null constraint service_accounts_description_check check (char_length(description) <= 256),
    rights         text[]      not null constraint service_accounts_rights_check
        check (cardinality(rights) > 0 and rights <@ array['api_key.verify', 'policy.serve']),
    status         text        not null constraint service_accounts_status_check check (status in ('active', 'deactivated')),
    ends_on        date        not null,
    created_by     uuid        not null constraint service_accounts_created_by_fkey references users (id),
    created_at     timestamptz not null,
    deactivated_by uuid        constraint service_accounts_deactivated_by_fkey references users (id),
    deactivated_at timestamptz,
    version        integer     not null default 1,
    updated_at     timestamptz not null,
    constraint service_accounts_deactivated_check check ((status = 'deactivated') = (deactivated_at is not null))
);
create index service_accounts_created_idx on service_accounts (created_at desc, id desc);
create unique index service_accounts_name_key on service_accounts (lower(name));

-- What proves a key (security.md KEY-1): the public part, a keyed hash of the
-- secret one and its last characters. Rotating adds one and lets the others end.
create table key_secrets (
    id                 text        not null constraint key_secrets_pkey primary key constraint key_secrets_id_check check (id ~ '^[0-9A-Za-z]{10}$'),
    api_key_id         uuid        constraint key_secrets_api_key_id_fkey references api_keys (id),
    service_account_id uuid        constraint key_secrets_service_account_id_fkey references service_accounts (id),
    hash               bytea       not null constraint key_secrets_hash_check check (length(hash) = 32),
    last4              text        not null constraint key_secrets_last4_check check (char_length(last4) = 4),
    created_by         uuid        not null constraint key_secrets_created_by_fkey references users (id),
    created_at         timestamptz not null,
    ends_at            timestamptz, -- the end of the overlap after a rotation
    last_used_at       timestamptz,
    constraint key_secrets_owner_check check (num_nonnulls(api_key_id, service_account_id) = 1)
);
create index key_secrets_api_key_idx on key_secrets (api_key_id, created_at desc);
create index key_secrets_service_account_idx on key_secrets (service_account_id, created_at desc);
-- One secret is the current one; the others have an end.
create unique index key_secrets_api_key_current_key on key_secrets (api_key_id) where ends_at is null;
create unique index key_secrets_service_account_current_key on key_secrets (service_account_id) where ends_at is null;

-- Tokens that the API refused, per network and by a keyed hash of what was
-- sent, to slow down who goes on (security.md KEY-2, LGN-4).
create table api_refusals (
    id        bigint      generated always as identity constraint api_refusals_pkey primary key,
    net_key   text        not null,
    token_key bytea       not null,
    at        timestamptz not null
);
create index api_refusals_net_idx on api_refusals (net_key, at);
create index api_refusals_at_idx on api_refusals (at);

-- +goose Down
drop table api_refusals;
drop table key_secrets;
drop table service_accounts;
drop table api_keys;
