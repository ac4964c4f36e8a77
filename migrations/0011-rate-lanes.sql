-- why: PAYJOA takes so many calls per second of a contract, whichever process makes them; and none while it is down.
-- breaking: no

-- Null: not limited. rate_cap_per_second is of each billing method (KEYGEN, BATCH); the other of the whole contract.
alter table channels
  alter column rate_cap_per_second drop not null,
  add column total_rate_cap_per_second int
    constraint channels_total_rate_cap check (total_rate_cap_per_second between 1 and 1000);
update channels set total_rate_cap_per_second = 50 where not sandbox;
update channels set rate_cap_per_second = null where sandbox;

-- When the next call of a contract may leave: of one PAYMETHOD, or of all together (lane 'total'). By the database's
-- clock, the only one that all processes share.
create table rate_lanes (
  merchant_id bigint not null,
  pg_id text not null,
  lane text not null,
  next_at timestamptz not null,
  constraint rate_lanes_pkey primary key (merchant_id, pg_id, lane)
);

-- Channels whose gateway does not answer: nothing is sent before the next probe has succeeded.
create table gateway_breakers (
  merchant_id bigint not null,
  channel_key text not null,
  opened_at timestamptz(3) not null,
  reason text not null,
  -- Probes that have failed since.
  probes int not null default 0,
  probe_at timestamptz(3) not null,
  constraint gateway_breakers_pkey primary key (merchant_id, channel_key)
);

-- What one merchant has due, oldest first: a backlog behind a rate cap must not hide another merchant's.
create index schedules_due_of_merchant on schedules (merchant_id, due_at) where state = 'scheduled';
-- Small: only what is being charged.
create index schedules_executing on schedules (merchant_id) where state = 'executing';
