-- why: PAYJOA takes so many calls per second of a contract, whichever process makes them.
-- breaking: no

-- Null: not limited. rate_cap_per_second is of each billing method (KEYGEN, BATCH); the other of the whole contract.
alter table channels
  alter column rate_cap_per_second drop not null,
  add column total_rate_cap_per_second int
    constraint channels_total_rate_cap check (total_rate_cap_per_second between 1 and 1000);
update channels set total_rate_cap_per_second = 50 where not sandbox;
update channels set rate_cap_per_second = null where sandbox;
