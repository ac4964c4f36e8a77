-- why: money that goes back is money too: every cancel has an intent, an outcome and its own row.
-- breaking: no

-- Won asked back whose cancels have no answer yet. A cancel reserves its amount before it is sent, so that two
-- at once can never give back more than was taken; an unknown cancel keeps its reservation until evidence.
alter table payments add column cancel_reserved bigint not null default 0;
alter table payments add constraint payments_cancel_reserved
  check (cancel_reserved >= 0 and cancel_amount + cancel_reserved <= amount);

-- The tax-free part of what was given back or is reserved.
alter table payments add column cancel_tax_free bigint not null default 0;
alter table payments add constraint payments_cancel_tax_free
  check (cancel_tax_free between 0 and cancel_amount + cancel_reserved);

create table cancels (
  merchant_id bigint not null,
  cancel_id uuid not null,
  imp_uid text not null,
  state text not null
    constraint cancels_state check (state in ('sending', 'unknown', 'done', 'failed')),
  amount bigint not null constraint cancels_amount check (amount between 1 and 9999999999),
  tax_free bigint not null default 0
    constraint cancels_tax_free check (tax_free between 0 and amount),
  reason text,
  -- V1: a cancel by API sends a webhook only when it asks for one.
  enable_webhook boolean not null,
  -- The gateway's transaction id of the cancel, where it gives one.
  pg_tid text,
  failure text constraint cancels_failure check (failure in ('declined', 'unsent', 'evidence')),
  fail_reason text,
  started_at timestamptz(3) not null,
  lease_until timestamptz(3),
  cancelled_at timestamptz(3),
  updated_at timestamptz(3) not null,
  constraint cancels_pkey primary key (merchant_id, cancel_id),
  constraint cancels_lease check ((state = 'sending') = (lease_until is not null)),
  constraint cancels_done check ((state = 'done') = (cancelled_at is not null)),
  constraint cancels_failed check ((state = 'failed') = (failure is not null))
);
create index cancels_by_payment on cancels (merchant_id, imp_uid, started_at);
create index cancels_sending on cancels (lease_until) where state = 'sending';
create index cancels_unknown on cancels (merchant_id, started_at) where state in ('sending', 'unknown');

alter table exchanges add column cancel_id uuid;

-- What settled an unknown cancel: who or what said so, and why it is believed.
create table cancel_evidence (
  merchant_id bigint not null,
  cancel_id uuid not null,
  evidence_id uuid not null,
  source text not null
    constraint cancel_evidence_source check (source in ('operator', 'notification', 'daily_file')),
  verdict text not null
    constraint cancel_evidence_verdict check (verdict in ('cancelled', 'not_cancelled')),
  transaction_id text,
  actor text not null,
  reason text not null,
  recorded_at timestamptz(3) not null,
  constraint cancel_evidence_pkey primary key (merchant_id, cancel_id, evidence_id)
);

-- V1's registration of an amount before a browser payment (POST /payments/prepare).
create table prepared_payments (
  merchant_id bigint not null,
  merchant_uid text not null,
  amount bigint not null constraint prepared_payments_amount check (amount between 0 and 9999999999),
  currency text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint prepared_payments_pkey primary key (merchant_id, merchant_uid)
);
