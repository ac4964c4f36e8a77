-- why: a restored database must not take money again that was taken after the backup; and backups are on record.
-- breaking: no

-- A merchant whose rows came out of a backup. As long as it is not released, nothing of it is charged or given back:
-- what happened between snapshot and restore is known to the gateway and to nobody here. Written by the restore
-- itself, in its one transaction.
create table restore_holds (
  merchant_id bigint not null,
  restored_at timestamptz(3) not null,
  backup_id uuid not null,
  -- The instant whose rows these are.
  snapshot_at timestamptz(3) not null,
  released_at timestamptz(3),
  released_by text,
  release_reason text,
  constraint restore_holds_pkey primary key (merchant_id, restored_at),
  constraint restore_holds_released
    check ((released_at is null) = (released_by is null) and (released_at is null) = (release_reason is null))
);

-- What was backed up when, of the whole installation; small, so a reference table under Citus.
create table backups (
  backup_id uuid not null,
  snapshot_at timestamptz(3) not null,
  finished_at timestamptz(3) not null,
  -- The file's name without its folder; null: it went to standard output.
  file_name text,
  bytes bigint not null,
  row_count bigint not null,
  -- When it was last restored somewhere and compared.
  verified_at timestamptz(3),
  constraint backups_pkey primary key (backup_id)
);
create index backups_by_time on backups (snapshot_at);
