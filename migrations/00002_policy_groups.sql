-- +goose Up
create table policy_groups (
    id          uuid        not null constraint policy_groups_pkey primary key,
    name        text        not null constraint policy_groups_name_check check (char_length(name) between 1 and 128),
    description text        not null constraint policy_groups_description_check check (char_length(description) between 1 and 256),
    status      text        not null constraint policy_groups_status_check check (status in ('active', 'deactivated')),
    version     integer     not null default 1,
    created_at  timestamptz not null,
    created_by  uuid,
    updated_at  timestamptz not null
);
-- Two groups whose names differ in case only would be told apart by nobody.
create unique index policy_groups_name_key on policy_groups (lower(name));
create index policy_groups_status_idx on policy_groups (status, lower(name), id);
create index policy_groups_created_idx on policy_groups (created_at, id);
create index policy_groups_name_trgm_idx on policy_groups using gin (name gin_trgm_ops);
create index policy_groups_description_trgm_idx on policy_groups using gin (description gin_trgm_ops);

-- +goose Down
drop table policy_groups;
