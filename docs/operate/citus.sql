-- billkey on Citus 13: which table lives where. Run it once on the coordinator, in the database of billkey, with every
-- process stopped and 'billkey migrate' done; tables may hold rows, which are moved to their shards.
--
--   psql "$DATABASE_URL" --single-transaction --set ON_ERROR_STOP=1 --file docs/operate/citus.sql
--
-- Every row of a merchant lies on one node: all that is distributed is distributed by merchant_id and colocated, so a
-- statement that names its merchant is sent to that node as it is, and its commit is that node's own. There is no
-- foreign key, and every unique index begins with merchant_id (test/upgrade/citus-layout.test.ts holds both).
--
-- After a later migration that makes a table: run the line of that table.

create extension if not exists citus;

-- Looked up before the merchant is known, or about the whole installation. Small: on every node.
select create_reference_table('schema_migrations');
select create_reference_table('merchants');
select create_reference_table('api_keys');
select create_reference_table('backups');

-- Money, first: the others lie beside it.
select create_distributed_table('payments', 'merchant_id', shard_count => 64);
select create_distributed_table('exchanges', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('cancels', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('payment_evidence', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('cancel_evidence', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('prepared_payments', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('idempotency_keys', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('daily_totals', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('payment_tallies', 'merchant_id', colocate_with => 'payments');

-- Billing keys and what is due of them.
select create_distributed_table('billing_keys', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('pending_billing_keys', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('schedules', 'merchant_id', colocate_with => 'payments');

-- Contracts, keys and tokens.
select create_distributed_table('channels', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('data_keys', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('access_tokens', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('rate_lanes', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('gateway_breakers', 'merchant_id', colocate_with => 'payments');

-- What merchants are told.
select create_distributed_table('webhook_endpoints', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('webhooks', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('webhook_attempts', 'merchant_id', colocate_with => 'payments');

-- Evidence.
select create_distributed_table('gateway_facts', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('report_fetches', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('discrepancies', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('archives', 'merchant_id', colocate_with => 'payments');

-- Trail.
select create_distributed_table('audit_events', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('audit_heads', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('audit_checkpoints', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('key_use_seals', 'merchant_id', colocate_with => 'payments');

-- Operators, and what else belongs to one merchant.
select create_distributed_table('operators', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('operator_recovery_codes', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('operator_sessions', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('sign_in_tries', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('merchant_clocks', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('restore_holds', 'merchant_id', colocate_with => 'payments');
select create_distributed_table('request_log', 'merchant_id', colocate_with => 'payments');
