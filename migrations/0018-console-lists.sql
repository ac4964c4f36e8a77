-- why: the console's lists are read along an index, page by page, however many rows one merchant has.
-- breaking: no

-- The same indexes as before with the id at their end, so that a page can begin in the middle of an instant. By bytes
-- where the beginning of a name is looked for: no collation but C orders texts by their beginnings.
drop index payments_by_start;
create index payments_by_start on payments (merchant_id, started_at, imp_uid);
drop index payments_by_customer;
create index payments_by_customer on payments (merchant_id, customer_uid text_pattern_ops, started_at, imp_uid)
  where customer_uid is not null;
drop index payments_by_merchant_uid;
create index payments_by_merchant_uid on payments (merchant_id, merchant_uid text_pattern_ops, started_at);
drop index payments_unknown;
create index payments_unknown on payments (merchant_id, started_at, imp_uid) where state in ('sending', 'unknown');
-- An operator who looks at PAYJOA's admin has its transaction number in hand, and nothing else.
create index payments_by_transaction on payments (merchant_id, pg_tid) where pg_tid is not null;
