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
    created_by       uuid        constraint vocabulary_terms_created_by_fkey references users (id), -- null: came with the portal
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    constraint vocabulary_terms_family_name_key unique (family, name)
);
create index vocabulary_terms_order_idx on vocabulary_terms (family, position, id);

insert into vocabulary_terms (family, name, label_en, label_fr, label_ar, description, sensitivity, position) values
    ('attribute', 'fullName', 'Full name', 'Nom complet', 'الاسم الكامل', 'The whole name in one piece, in each language in which it was recorded.', 'personal', 1),
    ('attribute', 'gender', 'Gender', 'Genre', 'الجنس', 'As recorded at registration.', 'personal', 2),
    ('attribute', 'residenceStatus', 'Residence status', 'Statut de résidence', 'حالة الإقامة', 'Whether the person is a national, a resident or a foreigner, in the country’s own terms.', 'personal', 3),
    ('attribute', 'dateOfBirth', 'Date of birth', 'Date de naissance', 'تاريخ الميلاد', 'The whole date. Where only the age matters, share “age”, or the date with the format YYYY.', 'personal', 4),
    ('attribute', 'age', 'Age', 'Âge', 'العمر', 'Age in whole years: says less than the date of birth. Prefer it for checks of a minimum age.', 'personal', 5),
    ('attribute', 'photo', 'Photo', 'Photo', 'الصورة الشخصية', 'The photo for looking at, as on a card. It needs the same care as biometrics, since machines can compare it. For comparing by machine there is “face”.', 'special', 6),
    ('attribute', 'face', 'Face image', 'Image du visage', 'صورة الوجه', 'The face as biometric data, for comparing by machine. To show a person’s picture use “photo”.', 'special', 7),
    ('attribute', 'phone', 'Phone number', 'Numéro de téléphone', 'رقم الهاتف', 'Also where one-time codes go. Whoever receives it can reach the person.', 'personal', 8),
    ('attribute', 'email', 'E-mail address', 'Adresse e-mail', 'البريد الإلكتروني', 'Also where one-time codes go. Whoever receives it can reach the person.', 'personal', 9),
    ('attribute', 'addressLine1', 'Address, line 1', 'Adresse, ligne 1', 'العنوان، السطر 1', 'Usually house and street.', 'personal', 10),
    ('attribute', 'addressLine2', 'Address, line 2', 'Adresse, ligne 2', 'العنوان، السطر 2', 'Usually the part of a town or village.', 'personal', 11),
    ('attribute', 'addressLine3', 'Address, line 3', 'Adresse, ligne 3', 'العنوان، السطر 3', 'Usually what is left of the address.', 'personal', 12),
    ('attribute', 'city', 'City', 'Ville', 'المدينة', '', 'personal', 13),
    ('attribute', 'province', 'Province', 'Province', 'المقاطعة', '', 'ordinary', 14),
    ('attribute', 'region', 'Region', 'Région', 'الإقليم', '', 'ordinary', 15),
    ('attribute', 'zone', 'Zone', 'Zone', 'المنطقة', '', 'ordinary', 16),
    ('attribute', 'postalCode', 'Postal code', 'Code postal', 'الرمز البريدي', 'In small areas it can point to a few people.', 'personal', 17),
    ('attribute', 'preferredLang', 'Preferred language', 'Langue préférée', 'اللغة المفضلة', 'The language in which the person wants to be written to.', 'ordinary', 18),
    ('attribute', 'individual_id', 'Identity number', 'Numéro d’identité', 'رقم الهوية', 'The number that the person gave to authenticate (UIN or VID). With it partners can link what they know of a person. Most do not need it: the token stands for the person.', 'personal', 19),
    ('attribute', 'biometrics', 'Biometrics', 'Données biométriques', 'البيانات الحيوية', 'Fingerprints, irises and face together, as a credential carries them. Narrow it with filters and the format “extraction”.', 'special', 20),
    ('attribute', 'individualBiometrics', 'Biometrics of the person', 'Données biométriques de la personne', 'البيانات الحيوية للشخص', 'Fingerprints, irises and face together, as the identity repository keeps them. Usually the source of “biometrics”.', 'special', 21),
    ('auth_type', 'otp', 'One-time code', 'Code à usage unique', 'رمز لمرة واحدة', 'The person types a code that was sent to phone or e-mail. Needs “otp-request” as well, so that a code can be sent.', 'ordinary', 22),
    ('auth_type', 'otp-request', 'Sending a one-time code', 'Envoi d’un code à usage unique', 'إرسال رمز لمرة واحدة', 'The partner may have a code sent to the person. It proves nothing by itself: “otp” checks the code. Needed for sign-in through the login service.', 'ordinary', 23),
    ('auth_type', 'demo', 'Comparing personal details', 'Comparaison de données personnelles', 'مقارنة البيانات الشخصية', 'The partner sends details such as name or date of birth and learns only whether they match. It receives no data.', 'ordinary', 24),
    ('auth_type', 'bio', 'Biometrics', 'Biométrie', 'القياسات الحيوية', 'A device takes a fingerprint, iris or face and it is compared with the record. One entry for each kind of biometrics; without a kind, all are allowed.', 'special', 25),
    ('auth_type', 'kyc', 'Receiving personal data (e-KYC)', 'Réception de données personnelles (e-KYC)', 'تلقي البيانات الشخصية (e-KYC)', 'After a person has authenticated, the partner receives the data that the policy lists. Not for sign-in through the login service: that uses “kycauth” and “kycexchange”.', 'ordinary', 26),
    ('auth_type', 'kycauth', 'Signing in through the login service', 'Connexion par le service de connexion', 'الدخول عبر خدمة تسجيل الدخول', 'First step of signing in through the login service (eSignet): the person proves who they are and no data is handed over yet. Needs “kycexchange” and “otp-request” as well.', 'ordinary', 27),
    ('auth_type', 'kycexchange', 'Receiving personal data after signing in', 'Réception de données personnelles après connexion', 'تلقي البيانات الشخصية بعد الدخول', 'Second step of signing in through the login service (eSignet): after the person agreed, the partner receives the data that the policy lists. Only together with “kycauth”.', 'ordinary', 28),
    ('auth_type', 'keybinding', 'Linking a wallet to a person', 'Rattachement d’un portefeuille à une personne', 'ربط محفظة بشخص', 'Links the key of a wallet on a phone to the person, once. Afterwards the wallet can be used to sign in (“wla”, “kbt”).', 'ordinary', 29),
    ('auth_type', 'kbt', 'Token of a linked wallet', 'Jeton d’un portefeuille rattaché', 'رمز محفظة مرتبطة', 'Sign-in with a linked wallet: a token signed with the key that “keybinding” linked counts as proof of the person. Usually together with “wla”.', 'ordinary', 30),
    ('auth_type', 'wla', 'Linked wallet', 'Portefeuille rattaché', 'محفظة مرتبطة', 'The person unlocks a linked wallet on their own phone (wallet local authentication) instead of typing a code. Needs “keybinding” before.', 'ordinary', 31),
    ('auth_type', 'pwd', 'Password', 'Mot de passe', 'كلمة المرور', 'A password that the person chose at the identity system. Weaker than a code or biometrics: others can learn it.', 'ordinary', 32),
    ('auth_type', 'pin', 'Fixed PIN code', 'Code PIN fixe', 'رمز PIN ثابت', 'A PIN code that stays the same. Weaker than a one-time code: others can learn it.', 'ordinary', 33),
    ('auth_type', 'vciexchange', 'Issuing a verifiable credential', 'Délivrance d’un justificatif vérifiable', 'إصدار وثيقة اعتماد قابلة للتحقق', 'An issuer receives the data that goes into a verifiable credential in the person’s wallet. Only for partners that issue credentials.', 'ordinary', 34),
    ('sub_type', 'IRIS', 'Iris', 'Iris', 'القزحية', 'With “bio”: one or both eyes.', 'special', 35),
    ('sub_type', 'FINGER', 'Fingerprint', 'Empreinte digitale', 'بصمة الإصبع', 'With “bio”: any finger that was recorded.', 'special', 36),
    ('sub_type', 'FACE', 'Face', 'Visage', 'الوجه', 'With “bio”: the face, taken by a registered device.', 'special', 37),
    ('source', 'ID Repository', 'Identity repository', 'Référentiel d’identités', 'سجل الهويات', 'The identity as it stands now. The usual choice.', 'ordinary', 38),
    ('source', 'Packet Manager', 'Registration packets', 'Paquets d’enrôlement', 'حزم التسجيل', 'What was collected at registration, also what did not enter the identity. For partners that take part in registration.', 'ordinary', 39),
    ('source', 'Print', 'Printing service', 'Service d’impression', 'خدمة الطباعة', 'What is prepared for printing cards. For printing partners only.', 'ordinary', 40),
    ('format', 'YYYY', 'Year only', 'Année seulement', 'السنة فقط', 'Of a date only the year. For dateOfBirth, where the day does not matter.', 'ordinary', 41),
    ('format', 'extraction', 'Biometric templates', 'Gabarits biométriques', 'قوالب حيوية', 'Of biometrics only the templates that machines compare, not the images.', 'ordinary', 42),
    ('filter_type', 'Iris', 'Iris', 'Iris', 'القزحية', 'Of all biometrics only the irises.', 'special', 43),
    ('filter_type', 'Finger', 'Fingerprints', 'Empreintes digitales', 'بصمات الأصابع', 'Of all biometrics only the fingerprints; sub-types choose fingers, such as Left IndexFinger.', 'special', 44),
    ('filter_type', 'Face', 'Face', 'Visage', 'الوجه', 'Of all biometrics only the face.', 'special', 45),
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
