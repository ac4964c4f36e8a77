-- why: a sandbox merchant's time can be stopped and moved, to see months of schedules in seconds.
-- breaking: no

-- A row is a stopped clock; without one a merchant lives in real time. Only for merchants whose channels are all
-- sandbox ones.
create table merchant_clocks (
  merchant_id bigint not null,
  now_at timestamptz(3) not null,
  -- While an advance is under way: where it goes, and until when its runner is taken for alive.
  target_at timestamptz(3),
  lease_until timestamptz(3),
  updated_at timestamptz(3) not null,
  constraint merchant_clocks_pkey primary key (merchant_id),
  constraint merchant_clocks_advance check ((target_at is null) = (lease_until is null))
);
