-- why: a transactional outbox: the event row commits with the change of state it tells of.
-- breaking: no

-- Where a merchant wants to be told, per mode: one address for live payments, one for sandbox ones (V1).
create table webhook_endpoints (
  merchant_id bigint not null,
  sandbox boolean not null,
  -- The same in words: the vault binds the secrets to it.
  mode text not null generated always as (case when sandbox then 'sandbox' else 'live' end) stored,
  -- Null: none was set. The row then only holds the secret that signs what goes to a payment's notice_url.
  url text,
  format text not null constraint webhook_endpoints_format check (format in ('json', 'form')),
  -- V1 does not tell of ordinary failures; a merchant may ask for them.
  sends_failures boolean not null default false,
  -- Standard Webhooks secrets; the older one signs along until it is dropped.
  secret_sealed bytea not null,
  secret_previous_sealed bytea,
  -- Since when nothing gets through, and since when we have stopped trying by ourselves.
  failing_since timestamptz(3),
  paused_at timestamptz(3),
  -- failing: for days; gone: the endpoint answered 410.
  pause_reason text constraint webhook_endpoints_pause_reason check (pause_reason in ('failing', 'gone')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint webhook_endpoints_pkey primary key (merchant_id, sandbox),
  constraint webhook_endpoints_paused check ((paused_at is null) = (pause_reason is null))
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
  -- What takes its turn together: the endpoint (empty), or the origin of a notice_url. Cut, because a notice_url
  -- is whatever the caller sent and an index entry is bounded: the insert must never fail, it settles a payment.
  lane text not null generated always as (
    case when url_override is null then ''
    else coalesce(left(lower(substring(url_override from '^[^/?#]*//[^/?#]*')), 120), 'no address') end) stored,
  -- held: waits for its paused endpoint to be resumed.
  state text not null
    constraint webhooks_state check (state in ('pending', 'held', 'delivered', 'given_up')),
  -- Attempts ever begun, and how far down the retry schedule this round is: a replay starts it again.
  attempt_count int not null default 0,
  retry_step int not null default 0,
  -- When it may be taken up, by the merchant's clock.
  due_at timestamptz(3),
  -- While somebody sends it, by the machine's clock; past it the sender is taken for dead.
  lease_until timestamptz(3),
  created_at timestamptz(3) not null,
  delivered_at timestamptz(3),
  updated_at timestamptz(3) not null,
  constraint webhooks_pkey primary key (merchant_id, webhook_id),
  constraint webhooks_due check ((state = 'pending') = (due_at is not null)),
  constraint webhooks_lease check (state = 'pending' or lease_until is null),
  constraint webhooks_delivered check ((state = 'delivered') = (delivered_at is not null))
);
-- The queue: which lanes have work (read across merchants without a lock), then the work of one lane.
create index webhooks_due_lanes on webhooks (due_at, merchant_id, sandbox, lane) where state = 'pending';
create index webhooks_by_lane on webhooks (merchant_id, sandbox, lane, due_at) where state = 'pending';
create index webhooks_held on webhooks (merchant_id, sandbox, webhook_id) where state = 'held';
create index webhooks_by_payment on webhooks (merchant_id, imp_uid, created_at);
create index webhooks_by_time on webhooks (merchant_id, created_at);

-- One sending of an event. Written when it is taken up, completed when its end is known: a row without an end
-- is a sender that died, whose request may have arrived.
create table webhook_attempts (
  merchant_id bigint not null,
  webhook_id uuid not null,
  attempt int not null,
  url text,
  request_body text,
  status int,
  response_body text,
  error text,
  started_at timestamptz(3) not null,
  duration_ms int,
  constraint webhook_attempts_pkey primary key (merchant_id, webhook_id, attempt)
);
