-- +goose Up
-- SBIs and the certificates of FTM chips end as well, and are announced.
alter table end_notices drop constraint end_notices_kind_check;
alter table end_notices add constraint end_notices_kind_check
    check (kind in ('certificate', 'ca_certificate', 'api_key', 'grant', 'service_account', 'sbi', 'ftm_chip'));

-- +goose Down
delete from end_notices where kind in ('sbi', 'ftm_chip');
alter table end_notices drop constraint end_notices_kind_check;
alter table end_notices add constraint end_notices_kind_check
    check (kind in ('certificate', 'ca_certificate', 'api_key', 'grant', 'service_account'));
