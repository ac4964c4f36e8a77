-- why: Idempotency-Key: the same call again gives the same answer, and is never made twice.
-- breaking: no

create table idempotency_keys (
  merchant_id bigint not null,
  idempotency_key text not null,
  -- SHA-256 of method, route and parameters: another request under the same key is refused.
  fingerprint bytea not null,
  -- Null while the first request is under way.
  status int,
  headers jsonb,
  body text,
  created_at timestamptz(3) not null,
  -- A first request that died: after this the key is free, unless a payment was begun under it.
  lease_until timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  constraint idempotency_keys_pkey primary key (merchant_id, idempotency_key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);
