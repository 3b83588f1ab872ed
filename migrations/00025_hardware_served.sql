-- +goose Up
-- Other systems may read what counts of SBIs, devices and FTM chips, page by page
-- in the order of the ids; anybody may look up a make and a model.
alter table service_accounts drop constraint service_accounts_rights_check;
alter table service_accounts add constraint service_accounts_rights_check
    check (cardinality(rights) > 0 and rights <@ array['api_key.verify', 'policy.serve', 'hardware.serve']);
create index devices_approved_idx on devices (id) where status = 'approved';
create index devices_partner_approved_idx on devices (partner_id, id) where status = 'approved';
create index devices_shown_idx on devices (lower(make), lower(model), id) where status = 'approved';
create index devices_lower_model_idx on devices (lower(model), id) where status = 'approved';
create index ftm_chips_shown_idx on ftm_chips (lower(make), lower(model), id) where status = 'approved';

-- +goose Down
drop index ftm_chips_shown_idx;
drop index devices_lower_model_idx;
drop index devices_shown_idx;
drop index devices_partner_approved_idx;
drop index devices_approved_idx;
update service_accounts set rights = array_remove(rights, 'hardware.serve') where rights <> array['hardware.serve'];
delete from service_accounts where rights = array['hardware.serve'];
alter table service_accounts drop constraint service_accounts_rights_check;
alter table service_accounts add constraint service_accounts_rights_check
    check (cardinality(rights) > 0 and rights <@ array['api_key.verify', 'policy.serve']);
