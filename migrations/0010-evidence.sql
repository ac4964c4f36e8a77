-- why: what the gateway says of its own accord, by notification and daily file, settles what is unknown.
-- breaking: no

-- late_approvals: what becomes of money that turns out to have been taken although nobody waits for it any more.
-- report_password_sealed: the daily file's PASSWORD; null, no file is fetched. report_base_url: host of the file.
alter table channels
  add column late_approvals text not null default 'keep'
    constraint channels_late_approvals check (late_approvals in ('keep', 'cancel')),
  add column report_password_sealed bytea,
  add column report_base_url text;
