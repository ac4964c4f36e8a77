-- why: acts that an auditor asks about leave a row, and a merchant says what becomes of schedules whose key goes.
-- breaking: no

-- What happens to a billing key's pending schedules when it is deleted. V1 leaves them; they then fail.
alter table merchants add column pending_schedules_on_delete text not null default 'leave'
  constraint merchants_pending_schedules_on_delete
  check (pending_schedules_on_delete in ('leave', 'refuse', 'revoke'));

create table audit_events (
  merchant_id bigint not null,
  event_id uuid not null,
  -- api:<imp_key>, cli:<user>, worker …
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null,
  recorded_at timestamptz(3) not null,
  constraint audit_events_pkey primary key (merchant_id, event_id)
);
