-- why: what the gateway says of its own accord, by notification and daily file, settles what is unknown.
-- breaking: no

-- late_approvals: what becomes of money that turns out to have been taken when nobody waits for it any more.
-- report_password_sealed: the daily file's PASSWORD; without it no file is fetched. report_base_url: the admin's host.
alter table channels
  add column late_approvals text not null default 'keep'
    constraint channels_late_approvals check (late_approvals in ('keep', 'cancel')),
  add column report_password_sealed bytea,
  add column report_base_url text,
  add constraint channels_report check ((report_password_sealed is null) = (report_base_url is null));
-- A notification names the channel alone; read across merchants without a lock.
create index channels_by_key on channels (channel_key);

-- Money that was found late and is not kept: it goes back through an ordinary cancel. told: the merchant was answered
-- `ready`, so it is told of the cancel; silent: for the merchant nothing has happened.
alter table payments add column give_back text
  constraint payments_give_back check (give_back is null or (give_back in ('silent', 'told') and state in ('paid', 'cancelled')));
drop index payments_merchant_uid_taken;
create unique index payments_merchant_uid_taken on payments (merchant_id, merchant_uid)
  where state <> 'failed' and give_back is null;
-- Small: only what has still to be given back.
drop index payments_card_checks;
create index payments_to_give_back on payments (paid_at)
  where (purpose = 'card_check' or give_back is not null) and state in ('paid', 'cancelled') and cancel_amount < amount;

-- What the gateway told of, once each: a notification comes again until it is acknowledged. Of daily files only what
-- our books could not explain when they were read.
create table gateway_facts (
  merchant_id bigint not null,
  -- SHA-256 over everything that makes it this fact and no other.
  fact_key bytea not null,
  channel_key text not null,
  source text not null constraint gateway_facts_source check (source in ('notification', 'daily_file')),
  kind text not null constraint gateway_facts_kind check (kind in ('approval', 'cancel')),
  -- ORDERNO, DAOUTRX, AMOUNT.
  order_number text not null,
  transaction_id text not null,
  amount bigint not null constraint gateway_facts_amount check (amount between 1 and 9999999999),
  approval_number text,
  happened_at timestamptz(3),
  record jsonb not null,
  received_at timestamptz(3) not null,
  -- How often it came.
  times int not null default 1,
  -- Its payment or cancel was still being sent: to be judged anew.
  waits boolean not null default false,
  constraint gateway_facts_pkey primary key (merchant_id, fact_key)
);
create index gateway_facts_by_order on gateway_facts (merchant_id, order_number);
-- Small: only what is to be judged anew.
create index gateway_facts_waiting on gateway_facts (received_at) where waits;

-- One day's file of one channel: when it was fetched last, and what it proved.
create table report_fetches (
  merchant_id bigint not null,
  channel_key text not null,
  day date not null,
  -- While somebody fetches it, by the machine's clock.
  lease_until timestamptz(3),
  attempted_at timestamptz(3) not null,
  -- Null: the last attempt gave a file. Else why it did not, and how often in a row.
  failure text,
  failures int not null default 0,
  -- Of the last file that could be had.
  fetched_at timestamptz(3),
  approvals int not null default 0,
  cancels int not null default 0,
  unreadable int not null default 0,
  digest text,
  -- Approvals of ours that it has, and that it lacks, by how the money was taken: only a file that is known to list a
  -- method proves anything by what it does not list.
  known_key_in int not null default 0,
  known_billing_key int not null default 0,
  missing_key_in int not null default 0,
  missing_billing_key int not null default 0,
  known_cancels int not null default 0,
  missing_cancels int not null default 0,
  constraint report_fetches_pkey primary key (merchant_id, channel_key, day),
  constraint report_fetches_failures check (failures >= 0 and (failure is null) = (failures = 0))
);

-- Where our books and the gateway's disagree, or where money moved in a way that somebody should look at. Raised once.
create table discrepancies (
  merchant_id bigint not null,
  -- Made from what it is about, so that the same finding is the same row.
  discrepancy_id uuid not null,
  kind text not null constraint discrepancies_kind check (kind in (
    'late_approval', 'charged_twice', 'foreign_charge', 'foreign_cancel', 'amount_differs', 'missing_at_gateway')),
  channel_key text not null,
  imp_uid text,
  order_number text not null,
  transaction_id text,
  amount bigint not null,
  detail text not null,
  raised_at timestamptz(3) not null,
  resolved_at timestamptz(3),
  resolved_by text,
  resolution text,
  constraint discrepancies_pkey primary key (merchant_id, discrepancy_id),
  constraint discrepancies_resolved
    check ((resolved_at is null) = (resolved_by is null) and (resolved_at is null) = (resolution is null))
);
create index discrepancies_by_order on discrepancies (merchant_id, order_number);
-- Small: only what is open.
create index discrepancies_open on discrepancies (merchant_id, raised_at) where resolved_at is null;

-- Read across merchants without a lock, to know for which days a file is wanted.
create index payments_unknown_all on payments (started_at) where state = 'unknown';
create index cancels_unknown_all on cancels (started_at) where state = 'unknown';
-- What went back on a day, to hold against its file.
create index cancels_done on cancels (merchant_id, started_at) where state = 'done';
