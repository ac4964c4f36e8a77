// Our books and the gateway's, to be held against each other: what a refused request leaves untouched.

import assert from 'node:assert/strict'

import type { EntryView } from '../../simulator/ledger-entry.ts'
import { adHocSql } from '../../src/db/database.ts'
import type { TestApp } from '../support/app.ts'

export interface Books {
  /** From table to the digest of its rows; every table that belongs to merchants, but what workers write by themselves. */
  readonly tables: Readonly<Record<string, string>>
  readonly ledgerEntries: number
}

const listTables = adHocSql(
  `select table_name as "name" from information_schema.columns
   where table_schema = 'public' and column_name = 'merchant_id' and table_name not in (
     -- Signatures under the audit trail, whose events are compared; and the log of requests, refused ones included.
     'audit_checkpoints', 'audit_heads', 'request_log')
   order by table_name`,
)

export async function readBooks({ parts, simulator }: TestApp): Promise<Books> {
  const { rows } = await parts.db.query<{ name: string }>(listTables, [])
  const digests = await Promise.all(
    rows.map(async ({ name }) => [name, await digestOf(name)] as const),
  )
  return {
    tables: Object.fromEntries(digests),
    ledgerEntries: simulator.ledger().totals.entries,
  }

  async function digestOf(table: string): Promise<string> {
    const digest = adHocSql(
      `select count(*) || ' rows, ' || md5(string_agg(row::text, e'\\n' order by row::text)) as "digest"
       from ${table} as row`,
    )
    const found = await parts.db.query<{ digest: string | null }>(digest, [])
    return found.rows[0]?.digest ?? 'empty'
  }
}

/** Runs `work` and asserts that it stored nothing and that the gateway did nothing. */
export async function assertBooksUntouched<T>(app: TestApp, work: () => Promise<T>): Promise<T> {
  const before = await readBooks(app)
  const result = await work()
  assert.deepEqual(await readBooks(app), before)
  return result
}

/** The gateway's own entries under one ORDERNO, which for a charge is the imp_uid. */
export function ledgerOf(app: TestApp, orderNumber: string): readonly EntryView[] {
  return app.simulator.ledger().entries.filter((entry) => entry.orderno === orderNumber)
}

/** What the gateway entered during `work`. */
export async function ledgerDuring<T>(
  app: TestApp,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly entries: readonly EntryView[] }> {
  const seen = app.simulator.ledger().totals.entries
  const result = await work()
  return { result, entries: app.simulator.ledger().entries.slice(seen) }
}

/** Cancels a payment in the books alone, for look-ups of what was cancelled. */
export async function markCancelled({ parts }: TestApp, impUid: string): Promise<void> {
  const cancel = adHocSql(
    `update payments set state = 'cancelled', cancel_amount = amount, cancel_reason = 'test',
       cancelled_at = to_timestamp($2 / 1000.0), updated_at = to_timestamp($2 / 1000.0)
     where imp_uid = $1 and state = 'paid'`,
  )
  const { rowCount } = await parts.db.query(cancel, [impUid, parts.clock.now()])
  assert.equal(rowCount, 1)
}
