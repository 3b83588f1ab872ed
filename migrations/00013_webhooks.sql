-- +goose Up
-- What other systems are told: written in the transaction that it tells of
-- (security.md OPS-10). position is the order of the events.
create table webhook_events (
    id         uuid        not null constraint webhook_events_pkey primary key,
    position   bigint      generated always as identity,
    type       text        not null,
    partner_id uuid        constraint webhook_events_partner_id_fkey references partners (id),
    data       jsonb       not null,
    created_at timestamptz not null
);
create index webhook_events_position_idx on webhook_events (position);
create index webhook_events_partner_idx on webhook_events (partner_id, position desc);

-- +goose Down
drop table webhook_events;
