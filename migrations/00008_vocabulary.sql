-- +goose Up
-- The names that policy documents may use: data of the deployment. Starts with
-- what deployments are known to use (domain.md §8).
create table vocabulary_terms (
    id               uuid        not null default gen_random_uuid() constraint vocabulary_terms_pkey primary key,
    family           text        not null constraint vocabulary_terms_family_check
        check (family in ('attribute', 'auth_type', 'sub_type', 'source', 'format', 'filter_type', 'language')),
    name             text        not null constraint vocabulary_terms_name_check check (char_length(name) between 1 and 128),
    label_en         text        not null constraint vocabulary_terms_label_en_check check (char_length(label_en) between 1 and 64),
    label_fr         text        not null constraint vocabulary_terms_label_fr_check check (char_length(label_fr) between 1 and 64),
    label_ar         text        not null constraint vocabulary_terms_label_ar_check check (char_length(label_ar) between 1 and 64),
    description      text        not null constraint vocabulary_terms_description_check check (char_length(description) <= 256),
    sensitivity      text        not null constraint vocabulary_terms_sensitivity_check check (sensitivity in ('ordinary', 'personal', 'special')),
    deprecated_since timestamptz, -- null: may be used
    position         integer     not null, -- the order in which forms offer the names of a family
    version          integer     not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    constraint vocabulary_terms_family_name_key unique (family, name)
);
create index vocabulary_terms_order_idx on vocabulary_terms (family, position, id);

insert into vocabulary_terms (family, name, label_en, label_fr, label_ar, description, sensitivity, position) values
    ('attribute', 'fullName', 'Full name', 'Nom complet', 'الاسم الكامل', '', 'personal', 1),
    ('attribute', 'gender', 'Gender', 'Genre', 'الجنس', '', 'personal', 2),
    ('attribute', 'residenceStatus', 'Residence status', 'Statut de résidence', 'حالة الإقامة', '', 'personal', 3),
    ('attribute', 'dateOfBirth', 'Date of birth', 'Date de naissance', 'تاريخ الميلاد', '', 'personal', 4),
    ('attribute', 'age', 'Age', 'Âge', 'العمر', '', 'personal', 5),
    ('attribute', 'photo', 'Photo', 'Photo', 'الصورة الشخصية', '', 'special', 6),
    ('attribute', 'face', 'Face image', 'Image du visage', 'صورة الوجه', '', 'special', 7),
    ('attribute', 'phone', 'Phone number', 'Numéro de téléphone', 'رقم الهاتف', '', 'personal', 8),
    ('attribute', 'email', 'E-mail address', 'Adresse e-mail', 'البريد الإلكتروني', '', 'personal', 9),
    ('attribute', 'addressLine1', 'Address, line 1', 'Adresse, ligne 1', 'العنوان، السطر 1', '', 'personal', 10),
    ('attribute', 'addressLine2', 'Address, line 2', 'Adresse, ligne 2', 'العنوان، السطر 2', '', 'personal', 11),
    ('attribute', 'addressLine3', 'Address, line 3', 'Adresse, ligne 3', 'العنوان، السطر 3', '', 'personal', 12),
    ('attribute', 'city', 'City', 'Ville', 'المدينة', '', 'personal', 13),
    ('attribute', 'province', 'Province', 'Province', 'المقاطعة', '', 'ordinary', 14),
    ('attribute', 'region', 'Region', 'Région', 'الإقليم', '', 'ordinary', 15),
    ('attribute', 'zone', 'Zone', 'Zone', 'المنطقة', '', 'ordinary', 16),
    ('attribute', 'postalCode', 'Postal code', 'Code postal', 'الرمز البريدي', '', 'personal', 17),
    ('attribute', 'preferredLang', 'Preferred language', 'Langue préférée', 'اللغة المفضلة', '', 'ordinary', 18),
    ('attribute', 'individual_id', 'Identity number', 'Numéro d’identité', 'رقم الهوية', '', 'personal', 19),
    ('attribute', 'biometrics', 'Biometrics', 'Données biométriques', 'البيانات الحيوية', '', 'special', 20),
    ('attribute', 'individualBiometrics', 'Biometrics of the person', 'Données biométriques de la personne', 'البيانات الحيوية للشخص', '', 'special', 21),
    ('auth_type', 'otp', 'One-time code', 'Code à usage unique', 'رمز لمرة واحدة', '', 'ordinary', 22),
    ('auth_type', 'otp-request', 'Sending a one-time code', 'Envoi d’un code à usage unique', 'إرسال رمز لمرة واحدة', '', 'ordinary', 23),
    ('auth_type', 'demo', 'Comparing personal details', 'Comparaison de données personnelles', 'مقارنة البيانات الشخصية', '', 'ordinary', 24),
    ('auth_type', 'bio', 'Biometrics', 'Biométrie', 'القياسات الحيوية', '', 'special', 25),
    ('auth_type', 'kyc', 'Receiving personal data (e-KYC)', 'Réception de données personnelles (e-KYC)', 'تلقي البيانات الشخصية (e-KYC)', '', 'ordinary', 26),
    ('auth_type', 'kycauth', 'Signing in through the login service', 'Connexion par le service de connexion', 'الدخول عبر خدمة تسجيل الدخول', '', 'ordinary', 27),
    ('auth_type', 'kycexchange', 'Receiving personal data after signing in', 'Réception de données personnelles après connexion', 'تلقي البيانات الشخصية بعد الدخول', '', 'ordinary', 28),
    ('auth_type', 'keybinding', 'Linking a wallet to a person', 'Rattachement d’un portefeuille à une personne', 'ربط محفظة بشخص', '', 'ordinary', 29),
    ('auth_type', 'kbt', 'Token of a linked wallet', 'Jeton d’un portefeuille rattaché', 'رمز محفظة مرتبطة', '', 'ordinary', 30),
    ('auth_type', 'wla', 'Linked wallet', 'Portefeuille rattaché', 'محفظة مرتبطة', '', 'ordinary', 31),
    ('auth_type', 'pwd', 'Password', 'Mot de passe', 'كلمة المرور', '', 'ordinary', 32),
    ('auth_type', 'pin', 'Fixed PIN code', 'Code PIN fixe', 'رمز PIN ثابت', '', 'ordinary', 33),
    ('auth_type', 'vciexchange', 'Issuing a verifiable credential', 'Délivrance d’un justificatif vérifiable', 'إصدار وثيقة اعتماد قابلة للتحقق', '', 'ordinary', 34),
    ('sub_type', 'IRIS', 'Iris', 'Iris', 'القزحية', '', 'special', 35),
    ('sub_type', 'FINGER', 'Fingerprint', 'Empreinte digitale', 'بصمة الإصبع', '', 'special', 36),
    ('sub_type', 'FACE', 'Face', 'Visage', 'الوجه', '', 'special', 37),
    ('source', 'ID Repository', 'Identity repository', 'Référentiel d’identités', 'سجل الهويات', '', 'ordinary', 38),
    ('source', 'Packet Manager', 'Registration packets', 'Paquets d’enrôlement', 'حزم التسجيل', '', 'ordinary', 39),
    ('source', 'Print', 'Printing service', 'Service d’impression', 'خدمة الطباعة', '', 'ordinary', 40),
    ('format', 'YYYY', 'Year only', 'Année seulement', 'السنة فقط', '', 'ordinary', 41),
    ('format', 'extraction', 'Biometric templates', 'Gabarits biométriques', 'قوالب حيوية', '', 'ordinary', 42),
    ('filter_type', 'Iris', 'Iris', 'Iris', 'القزحية', '', 'special', 43),
    ('filter_type', 'Finger', 'Fingerprints', 'Empreintes digitales', 'بصمات الأصابع', '', 'special', 44),
    ('filter_type', 'Face', 'Face', 'Visage', 'الوجه', '', 'special', 45),
    ('language', 'eng', 'English', 'anglais', 'الإنجليزية', '', 'ordinary', 46),
    ('language', 'fra', 'French', 'français', 'الفرنسية', '', 'ordinary', 47),
    ('language', 'ara', 'Arabic', 'arabe', 'العربية', '', 'ordinary', 48),
    ('language', 'hin', 'Hindi', 'hindi', 'الهندية', '', 'ordinary', 49),
    ('language', 'tam', 'Tamil', 'tamoul', 'التاميلية', '', 'ordinary', 50),
    ('language', 'kan', 'Kannada', 'kannada', 'الكانادية', '', 'ordinary', 51),
    ('language', 'spa', 'Spanish', 'espagnol', 'الإسبانية', '', 'ordinary', 52),
    ('language', 'por', 'Portuguese', 'portugais', 'البرتغالية', '', 'ordinary', 53);

-- +goose Down
drop table vocabulary_terms;
