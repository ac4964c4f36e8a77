-- why: what happens to pending schedules when their key goes, charges that only prove a card, and the audit trail.
-- breaking: no

-- V1 leaves the schedules of a deleted billing key to fail when they are due.
alter table merchants add column pending_schedules_on_delete text not null default 'leave'
  constraint merchants_pending_schedules_on_delete
  check (pending_schedules_on_delete in ('leave', 'refuse', 'revoke'));

-- card_check: V1's checking_amount. It is given back at once and the merchant is not told of it.
alter table payments add column purpose text not null default 'order'
  constraint payments_purpose check (purpose in ('order', 'card_check'));
-- Small: only what has still to be given back.
create index payments_card_checks on payments (paid_at)
  where purpose = 'card_check' and state = 'paid';

-- What this key replaced. PAYJOA knows no call that ends an AUTOKEY, so the replaced one is still alive there.
alter table billing_keys add column replaced_card_number_masked text;
alter table billing_keys add column replaced_channel_key text;

-- Who did what that a merchant or an auditor may ask about later. Rows are only ever added.
create table audit_events (
  merchant_id bigint not null,
  event_id uuid not null,
  -- `imp_key <key>`, `operator <name>`, or the part of the system that acted by itself.
  actor text not null,
  -- `billing_key.deleted`, `billing_key.replaced` …
  action text not null,
  -- What it was done to: a customer_uid, an imp_uid.
  subject text not null,
  detail jsonb not null,
  at timestamptz(3) not null,
  constraint audit_events_pkey primary key (merchant_id, event_id)
);
create index audit_events_by_time on audit_events (merchant_id, at);
create index audit_events_by_subject on audit_events (merchant_id, subject, at);
