-- why: a contract allows the cards of each company their own months of instalments.
-- breaking: no

-- {"others": [2, 3], "byCompany": {"361": [2, 3, 4, 5, 6]}}: months by KFTC card code, and for all that are not named.
-- The default is everything the wire can say, which is what was taken before there was a rule.
alter table channels add column instalments jsonb not null
  default '{"others": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "byCompany": {}}'
  constraint channels_instalments
  check (jsonb_typeof(instalments -> 'others') = 'array' and jsonb_typeof(instalments -> 'byCompany') = 'object');
