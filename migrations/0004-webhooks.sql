-- why: a transactional outbox: the event row commits with the change of state it tells of.
-- breaking: no

-- Where a merchant wants to be told, per mode: one address for live payments, one for sandbox ones (V1).
create table webhook_endpoints (
  merchant_id bigint not null,
  sandbox boolean not null,
  url text not null,
  format text not null constraint webhook_endpoints_format check (format in ('json', 'form')),
  -- V1 does not tell of ordinary failures; a merchant may ask for them.
  sends_failures boolean not null default false,
  -- Standard Webhooks secrets; the older one signs along until it is dropped.
  secret_sealed bytea not null,
  secret_previous_sealed bytea,
  -- Since when nothing gets through, and since when we have stopped trying by ourselves.
  failing_since timestamptz(3),
  paused_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint webhook_endpoints_pkey primary key (merchant_id, sandbox)
);

-- One event: a fact the merchant is told of until it says 2xx.
create table webhooks (
  merchant_id bigint not null,
  webhook_id uuid not null,
  sandbox boolean not null,
  imp_uid text not null,
  merchant_uid text not null,
  status text not null
    constraint webhooks_status check (status in ('ready', 'paid', 'failed', 'cancelled')),
  cancellation_id text,
  -- notice_url of the payment; null: the endpoint's address.
  url_override text,
  state text not null
    constraint webhooks_state check (state in ('pending', 'delivered', 'given_up')),
  attempt_count int not null default 0,
  due_at timestamptz(3),
  lease_until timestamptz(3),
  created_at timestamptz(3) not null,
  delivered_at timestamptz(3),
  updated_at timestamptz(3) not null,
  constraint webhooks_pkey primary key (merchant_id, webhook_id),
  constraint webhooks_due check ((state = 'pending') = (due_at is not null)),
  constraint webhooks_delivered check ((state = 'delivered') = (delivered_at is not null))
);
create index webhooks_waiting on webhooks (due_at) where state = 'pending';
create index webhooks_by_payment on webhooks (merchant_id, imp_uid, created_at);
create index webhooks_by_time on webhooks (merchant_id, created_at);

create table webhook_attempts (
  merchant_id bigint not null,
  webhook_id uuid not null,
  attempt int not null,
  url text not null,
  request_body text not null,
  status int,
  response_body text,
  error text,
  started_at timestamptz(3) not null,
  duration_ms int not null,
  constraint webhook_attempts_pkey primary key (merchant_id, webhook_id, attempt)
);
