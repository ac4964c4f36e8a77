-- why: the console's lists are read along an index, page by page, however many rows one merchant has.
-- breaking: no

-- The same indexes as before with the id at their end, so that a page can begin in the middle of an instant. By bytes
-- where the beginning of a name is looked for: no collation but C orders texts by their beginnings.
drop index payments_by_start;
create index payments_by_start on payments (merchant_id, started_at, imp_uid);
drop index payments_by_customer;
create index payments_by_customer on payments (merchant_id, customer_uid text_pattern_ops, started_at, imp_uid)
  where customer_uid is not null;
drop index payments_by_merchant_uid;
create index payments_by_merchant_uid on payments (merchant_id, merchant_uid text_pattern_ops, started_at);
drop index payments_unknown;
create index payments_unknown on payments (merchant_id, started_at, imp_uid) where state in ('sending', 'unknown');
-- An operator who looks at PAYJOA's admin has its transaction number in hand, and nothing else.
create index payments_by_transaction on payments (merchant_id, pg_tid) where pg_tid is not null;

drop index webhooks_by_time;
create index webhooks_by_time on webhooks (merchant_id, created_at, webhook_id);
drop index webhooks_by_payment;
create index webhooks_by_payment on webhooks (merchant_id, imp_uid, created_at, webhook_id);

-- The calendar adds a month up from the index alone.
drop index schedules_by_time;
create index schedules_by_time on schedules (merchant_id, schedule_at, schedule_id)
  include (state, payment_status, amount);
drop index schedules_by_customer;
create index schedules_by_customer on schedules (merchant_id, customer_uid text_pattern_ops, schedule_at, schedule_id);
drop index schedules_by_merchant_uid;
create index schedules_by_merchant_uid on schedules (merchant_id, merchant_uid text_pattern_ops, created_at);
-- What is to come, soonest first: behind years of what has been.
create index schedules_open on schedules (merchant_id, schedule_at, schedule_id)
  where state in ('scheduled', 'executing');

-- A subscription business has all of a day due at one instant: without the id at their end, each look for the next few
-- read and sorted all of them.
drop index schedules_due;
create index schedules_due on schedules (due_at, schedule_id) where state = 'scheduled';
drop index schedules_due_of_merchant;
create index schedules_due_of_merchant on schedules (merchant_id, due_at, schedule_id) include (amount)
  where state = 'scheduled';

create index billing_keys_by_update on billing_keys (merchant_id, updated_at, customer_uid);
create index billing_keys_by_name on billing_keys (merchant_id, customer_uid text_pattern_ops);

-- Every V1 request that a merchant made: who, what, when and how it was answered; no parameter but the names below. By
-- the machine's clock. Written in batches, and only for some days.
create table request_log (
  merchant_id bigint not null,
  at timestamptz(3) not null,
  request_id text not null,
  imp_key text,
  method text not null,
  -- The pattern, not the address.
  route text not null,
  status int not null,
  -- The envelope's; both null for an answer that had none.
  code int,
  message text,
  duration_ms int not null,
  imp_uid text,
  merchant_uid text,
  customer_uid text,
  client_ip text not null,
  constraint request_log_pkey primary key (merchant_id, at, request_id)
);
create index request_log_by_payment on request_log (merchant_id, imp_uid, at, request_id) where imp_uid is not null;
