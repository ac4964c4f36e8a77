-- why: stands in for a migration of another branch.
-- breaking: no
select 1;
