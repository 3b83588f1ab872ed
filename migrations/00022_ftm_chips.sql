-- +goose Up
-- FTM chips by model (FTM: foundational trust module, the secure chip in a device).
-- What was sent and decided of the first certificate stands in
-- approval_submissions and approval_decisions.
create table ftm_chips (
    id            uuid        not null constraint ftm_chips_pkey primary key,
    partner_id    uuid        not null constraint ftm_chips_partner_id_fkey references partners (id),
    make          text        not null constraint ftm_chips_make_check check (char_length(make) between 1 and 36),
    model         text        not null constraint ftm_chips_model_check check (char_length(model) between 1 and 36),
    status        text        not null constraint ftm_chips_status_check
        check (status in ('pending_certificate', 'pending_approval', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'deactivated')),
    submission    integer     not null default 0, -- how often it was sent; 0: never
    submitted_at  timestamptz, -- the last time
    approved_at   timestamptz,
    ended_by      uuid        constraint ftm_chips_ended_by_fkey references users (id), -- who withdrew or deactivated it
    ended_at      timestamptz,
    ended_reason  text        not null default '' constraint ftm_chips_ended_reason_check check (char_length(ended_reason) <= 2000),
    version       integer     not null default 1,
    registered_by uuid        not null constraint ftm_chips_registered_by_fkey references users (id),
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint ftm_chips_id_partner_key unique (id, partner_id),
    constraint ftm_chips_submitted_check check ((submission > 0) = (submitted_at is not null)),
    constraint ftm_chips_approved_check check (status not in ('approved', 'deactivated') or approved_at is not null),
    constraint ftm_chips_ended_check check ((status in ('withdrawn', 'deactivated')) = (ended_at is not null))
);
-- One model is registered once, unless that ended (domain.md §3.7).
create unique index ftm_chips_model_key on ftm_chips (partner_id, lower(make), lower(model))
    where status not in ('rejected', 'withdrawn', 'deactivated');
create index ftm_chips_partner_idx on ftm_chips (partner_id, created_at desc, id desc);
create index ftm_chips_status_idx on ftm_chips (status, submitted_at desc nulls last, id desc);
create index ftm_chips_submitted_idx on ftm_chips (submitted_at desc nulls last, id desc);
create index ftm_chips_make_model_idx on ftm_chips (lower(make), lower(model), id);
create index ftm_chips_make_trgm_idx on ftm_chips using gin (make gin_trgm_ops);
create index ftm_chips_model_trgm_idx on ftm_chips using gin (model gin_trgm_ops);

-- A chip's certificates: the one in service, and one that waits to take its place.
-- So a new one takes nothing out of service before it is approved.
create table ftm_chip_certificates (
    id           uuid        not null constraint ftm_chip_certificates_pkey primary key,
    chip_id      uuid        not null,
    partner_id   uuid        not null constraint ftm_chip_certificates_partner_id_fkey references partners (id),
    subject      text        not null, -- RFC 2253, as is the issuer
    issuer       text        not null,
    organisation text        not null, -- as the certificate spells it
    serial       text        not null,
    key          text        not null,
    key_hash     bytea       not null constraint ftm_chip_certificates_key_hash_check check (length(key_hash) = 32), -- SHA-256 of the public key
    not_before   timestamptz not null,
    not_after    timestamptz not null,
    thumbprint   bytea       not null constraint ftm_chip_certificates_thumbprint_check check (length(thumbprint) = 32),
    der          bytea       not null constraint ftm_chip_certificates_der_check check (octet_length(der) <= 16384),
    original     bytea       not null constraint ftm_chip_certificates_original_check check (octet_length(original) <= 16384), -- as it was sent (security.md UPL-5)
    chain        uuid[]      not null, -- ca_certificates from the issuer up to the root
    status       text        not null constraint ftm_chip_certificates_status_check
        check (status in ('waiting', 'in_service', 'replaced', 'refused', 'withdrawn')),
    uploaded_by  uuid        not null constraint ftm_chip_certificates_uploaded_by_fkey references users (id),
    uploaded_at  timestamptz not null,
    decided_by   uuid        constraint ftm_chip_certificates_decided_by_fkey references users (id),
    decided_at   timestamptz,
    reason       text        not null default '' constraint ftm_chip_certificates_reason_check check (char_length(reason) <= 2000),
    version      integer     not null default 1,
    constraint ftm_chip_certificates_chip_id_fkey foreign key (chip_id, partner_id) references ftm_chips (id, partner_id),
    constraint ftm_chip_certificates_decided_check check (status not in ('in_service', 'replaced', 'refused') or decided_at is not null),
    constraint ftm_chip_certificates_four_eyes_check check (decided_by is null or status = 'withdrawn' or decided_by <> uploaded_by)
);
create unique index ftm_chip_certificates_thumbprint_key on ftm_chip_certificates (thumbprint) where status not in ('refused', 'withdrawn');
create unique index ftm_chip_certificates_waiting_key on ftm_chip_certificates (chip_id) where status = 'waiting';
create unique index ftm_chip_certificates_in_service_key on ftm_chip_certificates (chip_id) where status = 'in_service';
create index ftm_chip_certificates_chip_idx on ftm_chip_certificates (chip_id, uploaded_at desc);
create index ftm_chip_certificates_key_hash_idx on ftm_chip_certificates (key_hash);
create index ftm_chip_certificates_not_after_idx on ftm_chip_certificates (not_after, id) where status = 'in_service';
create index ftm_chip_certificates_chain_idx on ftm_chip_certificates using gin (chain) where status in ('waiting', 'in_service');
create index ftm_chip_certificates_waiting_idx on ftm_chip_certificates (uploaded_at, id) where status = 'waiting';

-- +goose Down
drop table ftm_chip_certificates;
drop table ftm_chips;
