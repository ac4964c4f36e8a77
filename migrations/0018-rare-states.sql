-- why: what few payments, schedules and webhooks come to is looked for among years of those that went well.
-- breaking: no

-- A payment that is taken is in none of these, so they cost nothing on its way. Payments are counted from the index alone.
create index payments_unkept on payments (merchant_id, started_at, imp_uid) include (state, amount, cancel_amount)
  where state in ('failed', 'cancelled');
create index schedules_unkept on schedules (merchant_id, schedule_at, schedule_id)
  where state = 'revoked' or payment_status in ('failed', 'cancelled');
create index webhooks_given_up_by_time on webhooks (merchant_id, created_at, webhook_id) where state = 'given_up';
-- What was paid on a day and is not any more.
create index payments_cancelled_by_paid on payments (merchant_id, paid_at) where state = 'cancelled';

-- How many payments began and were paid on a day in Korea, once neither can change any more.
create table payment_tallies (
  merchant_id bigint not null,
  day date not null,
  started int not null,
  paid int not null,
  constraint payment_tallies_pkey primary key (merchant_id, day)
);
