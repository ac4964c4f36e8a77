-- why: a row of the audit trail that was changed, added, moved or taken away shows, and so does what keys were used for.
-- breaking: yes

-- The end of a merchant's chain. Two acts of one merchant take their turn on this row.
create table audit_heads (
  merchant_id bigint not null,
  -- Of the newest event; the first is 1, and none is left out.
  sequence bigint not null,
  -- Over the newest event's own fields.
  content_hash bytea not null,
  -- Over that and the hash before it, so over all events so far.
  hash bytea not null,
  -- Up to where a worker has signed the chain.
  signed_sequence bigint not null default 0,
  constraint audit_heads_pkey primary key (merchant_id)
);
create index audit_heads_unsigned on audit_heads (merchant_id) where signed_sequence < sequence;

-- What a worker signed with a key that is not in this database.
create table audit_checkpoints (
  merchant_id bigint not null,
  sequence bigint not null,
  hash bytea not null,
  -- Of the master key that the signing key was derived from.
  master_key_id text not null,
  -- Ed25519.
  signature bytea not null,
  signed_at timestamptz(3) not null,
  constraint audit_checkpoints_pkey primary key (merchant_id, sequence)
);

alter table audit_events add column sequence bigint;
alter table audit_events add column hash bytea;

-- Up to when the use of keys is sealed. Only a hint for workers: what counts is in the chain.
create table key_use_seals (
  merchant_id bigint not null,
  sealed_until timestamptz(3) not null,
  constraint key_use_seals_pkey primary key (merchant_id)
);
create index exchanges_by_start on exchanges (merchant_id, started_at, exchange_id);

-- What was recorded before there was a chain becomes its beginning, in the order of time. Every merchant then has an
-- event that says so: a merchant without a chain is one whose chain was taken away.
-- The hashes are those of src/audit/audit-event.ts.
insert into audit_events (merchant_id, event_id, actor, action, subject, detail, recorded_at)
select m.merchant_id, gen_random_uuid(), 'migration', 'audit.begun', m.merchant_id::text,
  jsonb_build_object('earlierEvents', (select count(*) from audit_events e where e.merchant_id = m.merchant_id)),
  greatest(m.created_at, clock_timestamp(),
    (select max(recorded_at) from audit_events e where e.merchant_id = m.merchant_id))
from merchants m;

do $$
declare
  event record;
  owner bigint;
  number bigint;
  content bytea;
  link bytea;
begin
  for event in
    select merchant_id, event_id, array[
      'billkey audit 1', merchant_id::text, event_id::text, actor, action, subject, detail::text,
      (extract(epoch from recorded_at) * 1000)::bigint::text] as parts
    from audit_events order by merchant_id, action = 'audit.begun', recorded_at, event_id
  loop
    if owner is distinct from event.merchant_id then
      owner := event.merchant_id;
      number := 0;
      link := decode(repeat('00', 32), 'hex');
    end if;
    number := number + 1;
    select sha256(string_agg(int4send(octet_length(part)) || convert_to(part, 'UTF8'), ''::bytea order by place))
      into content from unnest(event.parts) with ordinality as t (part, place);
    link := sha256(link || int8send(number) || content);
    update audit_events set sequence = number, hash = link
      where merchant_id = event.merchant_id and event_id = event.event_id;
    insert into audit_heads (merchant_id, sequence, content_hash, hash) values (owner, number, content, link)
      on conflict (merchant_id) do update set
        sequence = excluded.sequence, content_hash = excluded.content_hash, hash = excluded.hash;
  end loop;
end $$;

alter table audit_events alter column sequence set not null;
alter table audit_events alter column hash set not null;
alter table audit_events add constraint audit_events_sequence unique (merchant_id, sequence);
create index audit_events_by_time on audit_events (merchant_id, recorded_at);

-- Even the owner of the tables has to allow himself first, knowingly, what nobody here ever does. A superuser is not
-- held by it; what he does is found by `billkey audit verify`.
revoke update, delete, truncate on audit_events, audit_checkpoints from public, current_user;
