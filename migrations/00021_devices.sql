-- +goose Up
-- A file of devices that a provider sent: checked line by line, and taken as a
-- whole or not at all. The text is forgotten once it is taken.
create table device_imports (
    id          uuid        not null constraint device_imports_pkey primary key,
    partner_id  uuid        not null constraint device_imports_partner_id_fkey references partners (id),
    sbi_id      uuid        not null,
    file_name   text        not null constraint device_imports_file_name_check check (char_length(file_name) <= 255),
    content     text        not null constraint device_imports_content_check check (octet_length(content) <= 1048576),
    created_by  uuid        not null constraint device_imports_created_by_fkey references users (id),
    created_at  timestamptz not null,
    imported_at timestamptz, -- null: not taken yet
    devices     integer     not null default 0, -- how many were taken
    constraint device_imports_sbi_id_fkey foreign key (sbi_id, partner_id) references sbis (id, partner_id),
    constraint device_imports_taken_check check ((imported_at is null) = (devices = 0))
);
create index device_imports_partner_idx on device_imports (partner_id, created_at desc);

-- Devices by model. Each is meant for one SBI of its provider, and is mapped to it
-- while it is approved. What was sent and decided stands in approval_submissions
-- and approval_decisions.
create table devices (
    id             uuid        not null constraint devices_pkey primary key,
    partner_id     uuid        not null constraint devices_partner_id_fkey references partners (id),
    sbi_id         uuid        not null,
    type_id        uuid        not null constraint devices_type_id_fkey references device_types (id),
    sub_type_id    uuid        not null,
    make           text        not null constraint devices_make_check check (char_length(make) between 1 and 36),
    model          text        not null constraint devices_model_check check (char_length(model) between 1 and 36),
    import_id      uuid        constraint devices_import_id_fkey references device_imports (id), -- null: registered one by one
    status         text        not null constraint devices_status_check
        check (status in ('pending_approval', 'changes_requested', 'approved', 'rejected', 'withdrawn', 'deactivated')),
    submission     integer     not null default 1,
    submitted_at   timestamptz not null, -- the last time
    approved_at    timestamptz,
    ended_by       uuid        constraint devices_ended_by_fkey references users (id), -- who withdrew or deactivated it
    ended_at       timestamptz,
    ended_reason   text        not null default '' constraint devices_ended_reason_check check (char_length(ended_reason) <= 2000),
    ended_with_sbi boolean     not null default false, -- it was deactivated because its SBI was, and comes back with it
    version        integer     not null default 1,
    registered_by  uuid        not null constraint devices_registered_by_fkey references users (id),
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    constraint devices_sbi_id_fkey foreign key (sbi_id, partner_id) references sbis (id, partner_id),
    constraint devices_sub_type_id_fkey foreign key (sub_type_id, type_id) references device_sub_types (id, type_id),
    constraint devices_approved_check check (status not in ('approved', 'deactivated') or approved_at is not null),
    constraint devices_ended_check check ((status in ('withdrawn', 'deactivated')) = (ended_at is not null)),
    constraint devices_ended_with_sbi_check check (not ended_with_sbi or status = 'deactivated')
);
-- One model is registered once, unless that ended (domain.md §2.2).
create unique index devices_model_key on devices (partner_id, type_id, sub_type_id, lower(make), lower(model))
    where status not in ('rejected', 'withdrawn', 'deactivated');
create index devices_partner_idx on devices (partner_id, submitted_at desc, id desc);
create index devices_sbi_idx on devices (sbi_id, status, submitted_at desc, id desc);
create index devices_status_idx on devices (status, submitted_at desc, id desc);
create index devices_status_order_idx on devices (status, id);
create index devices_submitted_idx on devices (submitted_at desc, id desc);
create index devices_waiting_idx on devices ((case when status = 'pending_approval' then submitted_at end), id);
create index devices_name_idx on devices (lower(make || ' ' || model), id);
create index devices_make_model_idx on devices (lower(make), lower(model));
create index devices_import_idx on devices (import_id) where import_id is not null;
create index devices_name_trgm_idx on devices using gin ((make || ' ' || model) gin_trgm_ops);

-- +goose Down
drop table devices;
drop table device_imports;
