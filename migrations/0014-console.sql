-- why: people sign in to the console, and its first page adds up a year of one merchant without reading it.
-- breaking: no

-- Every operator of the merchant has to have a second factor.
alter table merchants add column require_totp boolean not null default false;

-- A person of one merchant. The same e-mail at two merchants is two operators, each with its own password.
create table operators (
  merchant_id bigint not null,
  operator_id uuid not null,
  -- NFKC, lower case.
  email text not null,
  name text not null,
  role text not null constraint operators_role check (role in ('owner', 'operator', 'viewer')),
  -- Null: the browser's.
  language text constraint operators_language check (language in ('ko', 'en')),
  -- scrypt, with its parameters: $scrypt$ln=…,r=…,p=…$salt$hash.
  password_hash text not null,
  -- It was made by somebody else, for one sign-in.
  must_change_password boolean not null,
  totp_secret_sealed bytea,
  -- Null: being set up, asked for by nobody yet.
  totp_confirmed_at timestamptz(3),
  -- Of the newest code that was taken: no code is taken twice.
  totp_last_step bigint,
  created_at timestamptz(3) not null,
  last_signed_in_at timestamptz(3),
  disabled_at timestamptz(3),
  updated_at timestamptz(3) not null,
  constraint operators_pkey primary key (merchant_id, operator_id),
  constraint operators_email_unique unique (merchant_id, email),
  constraint operators_totp check (totp_confirmed_at is null or totp_secret_sealed is not null)
);
-- Who signs in names no merchant; read across merchants without a lock.
create index operators_by_email on operators (email);

-- What stands in for a lost second factor, once each. SHA-256 of 80 random bits.
create table operator_recovery_codes (
  merchant_id bigint not null,
  operator_id uuid not null,
  code_hash bytea not null,
  constraint operator_recovery_codes_pkey primary key (merchant_id, operator_id, code_hash)
);

-- Where an operator is signed in. By the machine's clock.
create table operator_sessions (
  merchant_id bigint not null,
  session_id uuid not null,
  operator_id uuid not null,
  -- SHA-256 of the cookie's 256 random bits; and of the one before it, which is taken for a minute longer.
  token_hash bytea not null,
  previous_token_hash bytea,
  rotated_at timestamptz(3) not null,
  csrf_token text not null,
  -- The password was right, the second factor is awaited: good for nothing else.
  awaits_totp boolean not null,
  client_ip text not null,
  user_agent text,
  started_at timestamptz(3) not null,
  seen_at timestamptz(3) not null,
  constraint operator_sessions_pkey primary key (merchant_id, session_id)
);
create unique index operator_sessions_by_token on operator_sessions (merchant_id, token_hash);
create index operator_sessions_by_previous on operator_sessions (merchant_id, previous_token_hash)
  where previous_token_hash is not null;
create index operator_sessions_by_operator on operator_sessions (merchant_id, operator_id);
create index operator_sessions_by_age on operator_sessions (seen_at);

-- Wrong proofs in a row, by e-mail and by address, whether such an operator exists or not. They belong to no merchant:
-- merchant_id is 0.
create table sign_in_tries (
  merchant_id bigint not null,
  -- SHA-256 of what is counted.
  subject_hash bytea not null,
  failures int not null,
  blocked_until timestamptz(3) not null,
  tried_at timestamptz(3) not null,
  constraint sign_in_tries_pkey primary key (merchant_id, subject_hash)
);
create index sign_in_tries_by_age on sign_in_tries (tried_at);

-- One day in Korea of a merchant with a live channel, added up when it was over and nothing of it changed any more.
create table daily_totals (
  merchant_id bigint not null,
  day date not null,
  approved_count bigint not null,
  approved_won bigint not null,
  failed_count bigint not null,
  refunded_won bigint not null,
  computed_at timestamptz(3) not null,
  constraint daily_totals_pkey primary key (merchant_id, day)
);

-- What a day adds up from, read from indexes alone.
create index payments_taken on payments (merchant_id, paid_at) include (amount)
  where paid_at is not null and purpose = 'order' and give_back is null;
drop index payments_by_failed;
create index payments_by_failed on payments (merchant_id, failed_at) include (purpose, amount) where state = 'failed';
create index cancels_by_end on cancels (merchant_id, cancelled_at) include (imp_uid, amount) where state = 'done';
drop index schedules_due_of_merchant;
create index schedules_due_of_merchant on schedules (merchant_id, due_at) include (amount) where state = 'scheduled';
create index webhooks_given_up on webhooks (merchant_id, updated_at) where state = 'given_up';

-- Lists of the console, newest first.
create index discrepancies_by_time on discrepancies (merchant_id, raised_at, discrepancy_id);
create index audit_events_by_actor on audit_events (merchant_id, actor, sequence);
create index audit_events_by_subject on audit_events (merchant_id, subject, sequence);
