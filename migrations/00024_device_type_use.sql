-- +goose Up
-- How many devices of a kind there are is counted on every page of the types.
create index devices_type_idx on devices (type_id, sub_type_id, status);

-- +goose Down
drop index devices_type_idx;
