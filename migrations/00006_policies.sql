-- +goose Up
create table policies (
    id          uuid        not null constraint policies_pkey primary key,
    kind        text        not null constraint policies_kind_check check (kind in ('auth', 'datashare')),
    group_id    uuid        not null constraint policies_group_id_fkey references policy_groups (id),
    name        text        not null constraint policies_name_check check (char_length(name) between 1 and 128),
    description text        not null constraint policies_description_check check (char_length(description) between 1 and 256),
    status      text        not null constraint policies_status_check check (status in ('inactive', 'active', 'deactivated')),
    version     integer     not null default 1,
    created_by  uuid        not null constraint policies_created_by_fkey references users (id),
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);
create unique index policies_group_id_name_key on policies (group_id, lower(name));
create index policies_kind_name_idx on policies (kind, lower(name), id);
create index policies_kind_created_idx on policies (kind, created_at, id);
create index policies_kind_status_idx on policies (kind, status, lower(name), id);
create index policies_group_idx on policies (group_id, status);
create index policies_name_trgm_idx on policies using gin (name gin_trgm_ops);
create index policies_description_trgm_idx on policies using gin (description gin_trgm_ops);

-- document keeps the exact bytes that were accepted (security.md UPL-5).
create table policy_versions (
    id             uuid        not null constraint policy_versions_pkey primary key,
    policy_id      uuid        not null constraint policy_versions_policy_id_fkey references policies (id),
    number         integer     not null constraint policy_versions_number_check check (number >= 1),
    document       text        not null constraint policy_versions_document_check check (octet_length(document) <= 262144),
    status         text        not null constraint policy_versions_status_check check (status in ('inactive', 'active', 'deactivated', 'superseded')),
    errors         integer     not null, -- findings that stand in the way of activation, when it was saved
    author_id      uuid        not null constraint policy_versions_author_id_fkey references users (id),
    last_editor_id uuid        not null constraint policy_versions_last_editor_id_fkey references users (id),
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    activated_by   uuid        constraint policy_versions_activated_by_fkey references users (id),
    activated_at   timestamptz,
    four_eyes      boolean     not null default true, -- false only where the installation had switched it off
    constraint policy_versions_number_key unique (policy_id, number),
    -- Nobody puts into force what they wrote or edited last (design decision 1, security.md AUT-6).
    constraint policy_versions_four_eyes_check check (not four_eyes or activated_by is null
        or (activated_by <> author_id and activated_by <> last_editor_id)),
    constraint policy_versions_activated_check check (status = 'inactive' or activated_by is not null)
);
-- At most one version waits and at most one is in force.
create unique index policy_versions_inactive_key on policy_versions (policy_id) where status = 'inactive';
create unique index policy_versions_active_key on policy_versions (policy_id) where status = 'active';

-- When which version was in force: the ranges of one policy never overlap.
create table policy_periods (
    version_id uuid        not null constraint policy_periods_version_id_fkey references policy_versions (id),
    policy_id  uuid        not null constraint policy_periods_policy_id_fkey references policies (id),
    valid_from timestamptz not null,
    valid_to   timestamptz,
    constraint policy_periods_pkey primary key (version_id, valid_from),
    constraint policy_periods_order_check check (valid_to is null or valid_to >= valid_from)
);
create unique index policy_periods_open_key on policy_periods (policy_id) where valid_to is null;
create index policy_periods_policy_idx on policy_periods (policy_id, valid_from);

-- +goose Down
drop table policy_periods;
drop table policy_versions;
drop table policies;
