-- +goose Up
-- status joins the registration's states with the admitted partner's: an
-- approved partner is active (design README, "Words").
create table partners (
    id                  uuid        not null constraint partners_pkey primary key,
    public_id           text        not null constraint partners_public_id_check check (public_id ~ '^[A-Za-z0-9_-]{1,36}$'),
    type                text        not null constraint partners_type_check
        check (type in ('AUTH_PARTNER', 'CREDENTIAL_PARTNER', 'DEVICE_PROVIDER', 'FTM_PROVIDER')),
    purpose             text        not null constraint partners_purpose_check check (char_length(purpose) between 1 and 500),
    organisation        text        not null constraint partners_organisation_check check (char_length(organisation) between 1 and 128),
    address             text        not null constraint partners_address_check check (char_length(address) between 1 and 2000),
    policy_group_id     uuid        constraint partners_policy_group_id_fkey references policy_groups (id),
    email_domain        text        not null,
    lang                text        not null constraint partners_lang_check check (lang in ('en', 'fr', 'ar')),
    status              text        not null constraint partners_status_check
        check (status in ('pending_approval', 'changes_requested', 'rejected', 'active', 'deactivated')),
    submission          integer     not null default 1,
    submitted_at        timestamptz not null,
    address_verified_at timestamptz not null,
    terms_version       text        not null,
    consented_at        timestamptz not null,
    version             integer     not null default 1,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    constraint partners_policy_group_check check ((policy_group_id is not null) = (type in ('AUTH_PARTNER', 'CREDENTIAL_PARTNER')))
);
create unique index partners_public_id_key on partners (lower(public_id));
create index partners_status_idx on partners (status, submitted_at desc, id desc);
create index partners_submitted_idx on partners (submitted_at desc, id desc);
create index partners_organisation_idx on partners (lower(organisation), id);
create index partners_type_idx on partners (type, submitted_at desc, id desc);
create index partners_policy_group_idx on partners (policy_group_id, submitted_at desc, id desc);
create index partners_email_domain_idx on partners (email_domain);
create index partners_organisation_trgm_idx on partners using gin (organisation gin_trgm_ops);
create index partners_public_id_trgm_idx on partners using gin (public_id gin_trgm_ops);

-- What the partner said each time it asked, so that two submissions can be
-- compared.
create table partner_submissions (
    partner_id   uuid        not null constraint partner_submissions_partner_id_fkey references partners (id),
    number       integer     not null,
    answers      jsonb       not null,
    submitted_at timestamptz not null,
    constraint partner_submissions_pkey primary key (partner_id, number)
);

-- +goose Down
drop table partner_submissions;
drop table partners;
