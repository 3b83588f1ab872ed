-- +goose Up
-- The trust store: root and intermediate CA certificates that partners'
-- certificates hang on, per domain. A root waits until a second admin agrees.
create table ca_certificates (
    id            uuid        not null constraint ca_certificates_pkey primary key,
    domain        text        not null constraint ca_certificates_domain_check check (domain in ('AUTH', 'DEVICE', 'FTM')),
    kind          text        not null constraint ca_certificates_kind_check check (kind in ('root', 'intermediate')),
    subject       text        not null, -- RFC 2253, as is the issuer
    issuer        text        not null,
    serial        text        not null, -- hexadecimal
    key           text        not null, -- "RSA 4096", "P-384"
    not_before    timestamptz not null,
    not_after     timestamptz not null,
    thumbprint    bytea       not null constraint ca_certificates_thumbprint_check check (length(thumbprint) = 32), -- SHA-256
    der           bytea       not null constraint ca_certificates_der_check check (octet_length(der) <= 16384),
    status        text        not null constraint ca_certificates_status_check check (status in ('waiting', 'in_use', 'refused', 'out_of_use')),
    four_eyes     boolean     not null default true, -- false only where the installation had switched it off
    proposed_by   uuid        not null constraint ca_certificates_proposed_by_fkey references users (id),
    proposed_at   timestamptz not null,
    decided_by    uuid        constraint ca_certificates_decided_by_fkey references users (id), -- who took it into use or refused it
    decided_at    timestamptz,
    ended_by      uuid        constraint ca_certificates_ended_by_fkey references users (id), -- who took it out of use
    ended_at      timestamptz,
    reason        text        not null default '' constraint ca_certificates_reason_check check (char_length(reason) <= 2000),
    version       integer     not null default 1,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    -- The same certificate twice is no error: the one that is there is shown.
    constraint ca_certificates_thumbprint_key unique (domain, thumbprint),
    -- A root is trusted by two people (security.md AUT-6).
    constraint ca_certificates_four_eyes_check check (
        not four_eyes or kind <> 'root' or status in ('waiting', 'refused') or decided_by is not null and decided_by <> proposed_by)
);
create index ca_certificates_status_idx on ca_certificates (domain, status, lower(subject), id);
create index ca_certificates_not_after_idx on ca_certificates (not_after, id);
create index ca_certificates_subject_trgm_idx on ca_certificates using gin (subject gin_trgm_ops);
create index ca_certificates_issuer_trgm_idx on ca_certificates using gin (issuer gin_trgm_ops);

-- Partners' certificates: all that were ever accepted. The one that counts at a
-- moment is the newest accepted one that is valid then and whose chain is in use.
create table partner_certificates (
    id           uuid        not null constraint partner_certificates_pkey primary key,
    partner_id   uuid        not null constraint partner_certificates_partner_id_fkey references partners (id),
    domain       text        not null constraint partner_certificates_domain_check check (domain in ('AUTH', 'DEVICE', 'FTM')),
    subject      text        not null,
    issuer       text        not null,
    organisation text        not null, -- as the certificate spells it
    serial       text        not null,
    key          text        not null,
    not_before   timestamptz not null,
    not_after    timestamptz not null,
    thumbprint   bytea       not null constraint partner_certificates_thumbprint_key unique
        constraint partner_certificates_thumbprint_check check (length(thumbprint) = 32),
    der          bytea       not null constraint partner_certificates_der_check check (octet_length(der) <= 16384),
    original     bytea       not null constraint partner_certificates_original_check check (octet_length(original) <= 16384), -- as it was sent (security.md UPL-5)
    chain        uuid[]      not null, -- ca_certificates from the issuer up to the root
    status       text        not null constraint partner_certificates_status_check check (status in ('accepted', 'withdrawn')),
    uploaded_by  uuid        not null constraint partner_certificates_uploaded_by_fkey references users (id),
    uploaded_at  timestamptz not null,
    ended_by     uuid        constraint partner_certificates_ended_by_fkey references users (id), -- who withdrew it
    ended_at     timestamptz,
    reason       text        not null default '' constraint partner_certificates_reason_check check (char_length(reason) <= 2000),
    version      integer     not null default 1
);
create index partner_certificates_partner_idx on partner_certificates (partner_id, uploaded_at desc);
create index partner_certificates_not_after_idx on partner_certificates (not_after, id) where status = 'accepted';
create index partner_certificates_chain_idx on partner_certificates using gin (chain) where status = 'accepted';
create index partner_certificates_uploaded_idx on partner_certificates (uploaded_at desc, id desc);

-- +goose Down
drop table partner_certificates;
drop table ca_certificates;
