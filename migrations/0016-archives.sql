-- why: what a payment said on the wire and how its webhooks were sent may move into a file once it is old; its row stays.
-- breaking: no

-- The SHA-256 of the record's text, once the record itself is in that archive. Seals of key use hold the same digest
-- (src/audit/key-use.store.ts), so they agree before and after.
alter table exchanges
  add column record_digest bytea,
  add column archive_id uuid;

-- Its attempts are in that archive; those of a later replay are in the table as ever.
alter table webhooks add column archive_id uuid;

-- What of a merchant is in which file. Written before the first of its rows is thinned, by the statement that also
-- leaves the event in the audit trail.
create table archives (
  merchant_id bigint not null,
  archive_id uuid not null,
  -- Of payments that were begun, and changed last, before this instant.
  before timestamptz(3) not null,
  written_at timestamptz(3) not null,
  -- The file's name without its folder, its size and the SHA-256 of all its bytes.
  file_name text not null,
  file_bytes bigint not null,
  file_digest bytea not null,
  -- What the file holds of this merchant.
  payments int not null,
  exchanges int not null,
  attempts int not null,
  -- When all of it had been thinned; null: not yet, or it was cut short.
  thinned_at timestamptz(3),
  constraint archives_pkey primary key (merchant_id, archive_id)
);
