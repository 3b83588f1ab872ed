-- +goose Up
-- Where events are sent. secret and old_secret are sealed with a key derived from
-- the server's: they are needed to sign, so a hash would not do.
create table webhooks (
    id                 uuid        not null constraint webhooks_pkey primary key,
    url                text        not null constraint webhooks_url_check check (char_length(url) between 1 and 2000),
    description        text        not null constraint webhooks_description_check check (char_length(description) between 1 and 128),
    types              text[]      not null, -- which events; empty: all of them, later ones too
    status             text        not null constraint webhooks_status_check check (status in ('active', 'paused', 'deactivated')),
    gone               boolean     not null default false, -- paused because the receiver said so (410)
    secret             bytea       constraint webhooks_secret_check check ((secret is null) = (status = 'deactivated')),
    secret_made_at     timestamptz not null,
    old_secret         bytea, -- signs as well until it ends
    old_secret_ends_at timestamptz,
    lease_until        timestamptz, -- one worker at a time sends to an address, so that order is kept
    failing_since      timestamptz, -- nothing was accepted since then
    told_at            timestamptz, -- when staff were told of it
    created_by         uuid        not null constraint webhooks_created_by_fkey references users (id),
    created_at         timestamptz not null,
    version            integer     not null default 1,
    updated_at         timestamptz not null,
    constraint webhooks_old_secret_check check ((old_secret is null) = (old_secret_ends_at is null)),
    constraint webhooks_gone_check check (not gone or status <> 'active')
);
create index webhooks_description_idx on webhooks (lower(description), id);

-- One event on its way to one address. What waits for an address that is
-- deactivated waits for nothing: that is how it is shown.
create table webhook_deliveries (
    id           uuid        not null constraint webhook_deliveries_pkey primary key,
    webhook_id   uuid        not null constraint webhook_deliveries_webhook_id_fkey references webhooks (id),
    event_id     uuid        not null constraint webhook_deliveries_event_id_fkey references webhook_events (id),
    position     bigint      not null, -- the event's
    status       text        not null constraint webhook_deliveries_status_check check (status in ('queued', 'delivered', 'given_up')),
    not_before   timestamptz not null,
    failures     integer     not null default 0, -- since it was sent, or sent again
    attempts     integer     not null default 0, -- all of them
    resends      integer     not null default 0, -- how often somebody asked for it again
    created_at   timestamptz not null,
    delivered_at timestamptz,
    constraint webhook_deliveries_event_key unique (webhook_id, event_id),
    constraint webhook_deliveries_delivered_check check (status <> 'delivered' or delivered_at is not null)
);
create index webhook_deliveries_queued_idx on webhook_deliveries (webhook_id, position) where status = 'queued';
create index webhook_deliveries_webhook_idx on webhook_deliveries (webhook_id, position desc);
create index webhook_deliveries_position_idx on webhook_deliveries (position desc, id desc);
create index webhook_deliveries_event_idx on webhook_deliveries (event_id);
create index webhook_deliveries_given_up_idx on webhook_deliveries (position desc) where status = 'given_up';
create index webhook_deliveries_created_idx on webhook_deliveries (created_at);

-- Each time that it was tried, and what came of it.
create table webhook_attempts (
    delivery_id uuid        not null constraint webhook_attempts_delivery_id_fkey references webhook_deliveries (id) on delete cascade,
    number      integer     not null,
    at          timestamptz not null,
    took_ms     integer     not null,
    outcome     text        not null constraint webhook_attempts_outcome_check
        check (outcome in ('delivered', 'refused', 'redirected', 'gone', 'timeout', 'unreachable', 'unknown_host', 'tls', 'forbidden', 'broken')),
    status      integer     not null, -- of the answer; 0: none came
    answer      text        not null constraint webhook_attempts_answer_check check (octet_length(answer) <= 4096), -- its beginning
    constraint webhook_attempts_pkey primary key (delivery_id, number)
);

-- +goose Down
drop table webhook_attempts;
drop table webhook_deliveries;
drop table webhooks;
