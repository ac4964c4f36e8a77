-- why: Idempotency-Key: the same call again gives the same answer, and is never made twice.
-- breaking: no

create table idempotency_keys (
  merchant_id bigint not null,
  idempotency_key text not null,
  -- Names the call, and the cancel or the first exchange that it begins, whose keys are unique: whoever repeats the
  -- call finds what was begun, and cannot begin it again.
  call_id uuid not null,
  -- HMAC-SHA256 of method, route and parameters: another request under the same key is refused.
  fingerprint bytea not null,
  -- The answer; null while the first request is under way.
  status int,
  headers jsonb,
  body text,
  -- The answer left the outcome open; it is looked up anew until it is final.
  is_provisional boolean not null default false,
  created_at timestamptz(3) not null,
  -- Past this a first request without an answer is taken for dead.
  lease_until timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  constraint idempotency_keys_pkey primary key (merchant_id, idempotency_key),
  constraint idempotency_keys_answer
    check ((status is null) = (body is null) and (status is null) = (headers is null))
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);
