-- +goose Up
-- What kinds of devices there are: data of the deployment. Starts with what
-- deployments are known to use (domain.md §2.2).
create table device_types (
    id            uuid        not null default gen_random_uuid() constraint device_types_pkey primary key,
    code          text        not null constraint device_types_code_check check (char_length(code) between 1 and 36),
    label_en      text        not null constraint device_types_label_en_check check (char_length(label_en) between 1 and 64),
    label_fr      text        not null constraint device_types_label_fr_check check (char_length(label_fr) between 1 and 64),
    label_ar      text        not null constraint device_types_label_ar_check check (char_length(label_ar) between 1 and 64),
    retired_since timestamptz, -- null: new devices may be of it
    position      integer     not null,
    version       integer     not null default 1, -- of the type with its sub-types
    created_by    uuid        constraint device_types_created_by_fkey references users (id), -- null: came with the portal
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);
create unique index device_types_code_key on device_types (lower(code));

create table device_sub_types (
    id            uuid        not null default gen_random_uuid() constraint device_sub_types_pkey primary key,
    type_id       uuid        not null constraint device_sub_types_type_id_fkey references device_types (id),
    code          text        not null constraint device_sub_types_code_check check (char_length(code) between 1 and 36),
    label_en      text        not null constraint device_sub_types_label_en_check check (char_length(label_en) between 1 and 64),
    label_fr      text        not null constraint device_sub_types_label_fr_check check (char_length(label_fr) between 1 and 64),
    label_ar      text        not null constraint device_sub_types_label_ar_check check (char_length(label_ar) between 1 and 64),
    retired_since timestamptz,
    position      integer     not null,
    created_at    timestamptz not null default now(),
    constraint device_sub_types_type_key unique (id, type_id) -- so that a device cannot have a sub-type of another type
);
create unique index device_sub_types_code_key on device_sub_types (type_id, lower(code));

insert into device_types (code, label_en, label_fr, label_ar, position) values
    ('Finger', 'Finger', 'Doigt', 'الإصبع', 1),
    ('Iris', 'Iris', 'Iris', 'القزحية', 2),
    ('Face', 'Face', 'Visage', 'الوجه', 3);
insert into device_sub_types (type_id, code, label_en, label_fr, label_ar, position)
select t.id, s.code, s.en, s.fr, s.ar, s.position
from (values
    ('Finger', 'Slap', 'Slap: four fingers at once', 'Plaque : quatre doigts à la fois', 'أربع أصابع معًا', 1),
    ('Finger', 'Single', 'Single finger', 'Un seul doigt', 'إصبع واحدة', 2),
    ('Finger', 'Touchless', 'Touchless', 'Sans contact', 'بدون لمس', 3),
    ('Iris', 'Single', 'Single eye', 'Un seul œil', 'عين واحدة', 1),
    ('Iris', 'Double', 'Both eyes', 'Les deux yeux', 'كلتا العينين', 2),
    ('Face', 'Full face', 'Full face', 'Visage entier', 'الوجه كاملًا', 1)
) s (type, code, en, fr, ar, position) join device_types t on t.code = s.type;

-- +goose Down
drop table device_sub_types;
drop table device_types;
