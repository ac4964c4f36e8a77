-- why: payments reserved for a time. The due row is the queue: no second store of work.
-- breaking: no

create table schedules (
  merchant_id bigint not null,
  schedule_id uuid not null,
  merchant_uid text not null,
  customer_uid text not null,
  -- executing: its payment's intent is committed, the outcome is awaited or unknown. V1 shows it as executed.
  state text not null
    constraint schedules_state check (state in ('scheduled', 'executing', 'executed', 'revoked')),
  schedule_at timestamptz(3) not null,
  -- When the worker looks at it next: schedule_at, or later when an attempt did not reach the gateway.
  due_at timestamptz(3) not null,
  -- Attempts so far that did not reach the gateway; and, while executing, how long after such an attempt the
  -- next one is due. Null: this attempt is the last.
  unsent_attempts int not null default 0,
  retry_unsent_ms int,
  amount bigint not null constraint schedules_amount check (amount between 1 and 9999999999),
  tax_free bigint not null default 0 constraint schedules_tax_free check (tax_free between 0 and amount),
  vat_amount bigint constraint schedules_vat_amount check (vat_amount between 0 and amount),
  card_quota int not null default 0 constraint schedules_card_quota check (card_quota between 0 and 99),
  name text not null,
  customer_id text,
  buyer_name text,
  buyer_email text,
  buyer_tel text,
  buyer_addr text,
  buyer_postcode text,
  buyer_ip text not null,
  custom_data text,
  notice_url text,
  -- The last attempt's payment.
  imp_uid text,
  payment_status text
    constraint schedules_payment_status check (payment_status in ('paid', 'failed', 'cancelled')),
  fail_reason text,
  created_at timestamptz(3) not null,
  executed_at timestamptz(3),
  revoked_at timestamptz(3),
  updated_at timestamptz(3) not null,
  constraint schedules_pkey primary key (merchant_id, schedule_id),
  constraint schedules_executed
    check ((state in ('executing', 'executed')) = (executed_at is not null and imp_uid is not null)),
  constraint schedules_revoked check ((state = 'revoked') = (revoked_at is not null))
);
-- A revoked merchant_uid may be scheduled again; any other is taken.
create unique index schedules_merchant_uid_taken on schedules (merchant_id, merchant_uid)
  where state <> 'revoked';
create index schedules_by_merchant_uid on schedules (merchant_id, merchant_uid, created_at);
create index schedules_by_time on schedules (merchant_id, schedule_at);
create index schedules_by_customer on schedules (merchant_id, customer_uid, schedule_at);
create index schedules_by_payment on schedules (merchant_id, imp_uid) where imp_uid is not null;
-- The queue: small, read across merchants without a lock.
create index schedules_due on schedules (due_at) where state = 'scheduled';
