-- why: a row of the audit trail that was changed, or that is missing, shows.
-- breaking: no

-- The end of a merchant's chain: the number of its newest event, and the hash over it and all before it.
create table audit_heads (
  merchant_id bigint not null,
  sequence bigint not null,
  hash bytea not null,
  constraint audit_heads_pkey primary key (merchant_id)
);
