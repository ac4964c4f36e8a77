// A connection of its own in one transaction, whose tables can be streamed out and in with COPY. The pool's connections
// cannot: they pipeline, and limit what a statement may take.

import type { Readable, Writable } from 'node:stream'

import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

import type { Secret } from '../primitives/secret.ts'
import { columnTypes } from './column-parsers.ts'
import type { QueryResult, SqlValue, Statement, Transaction } from './database.ts'

export interface CopySession {
  /** For stores; nothing else of it may be under way. */
  readonly transaction: Transaction
  /** Runs `copy … to stdout`. To be read to its end before the next statement. */
  copyOut(text: string): Readable
  /** Runs `copy … from stdin`. To be ended, and its `finish` awaited, before the next statement. */
  copyIn(text: string): Writable
}

export interface CopySessionOptions {
  /** One snapshot for all that is read, and nothing may be written. */
  readonly isReadOnly: boolean
}

// Values must be written the same way whatever the server's defaults are, since they are hashed. Nothing limits how long
// a table may take. What is written here must survive a power cut once it is said to be committed.
const sessionSettings = `SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres';
  SET bytea_output = 'hex'; SET extra_float_digits = 1; SET client_encoding = 'UTF8';
  SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 10000;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`

/** Commits when `work` returns, unless it was only read; rolls back when it throws or the connection ends. */
export async function withCopySession<T>(
  connectionString: Secret,
  { isReadOnly }: CopySessionOptions,
  work: (session: CopySession) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: connectionString.reveal(),
    application_name: isReadOnly ? 'billkey backup' : 'billkey restore',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: columnTypes,
  })
  // The statement under way fails with the same error; without a listener it would end the process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(sessionSettings)
    await client.query(isReadOnly ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN')
    const result = await work({
      transaction: { kind: 'transaction', query: createQuery(client) },
      copyOut: (text) => client.query(copyTo(text)),
      copyIn: (text) => client.query(copyFrom(text)),
    })
    await client.query('COMMIT')
    return result
  } finally {
    // Ending the connection rolls back whatever was not committed.
    await client.end().catch(() => undefined)
  }
}

function createQuery(client: Client): Transaction['query'] {
  return async <Row extends object>(
    statement: Statement,
    values?: readonly SqlValue[],
  ): Promise<QueryResult<Row>> => {
    const results = await client.query({
      text: statement.text,
      ...(values !== undefined && { values: values as SqlValue[] }),
    })
    // Ad-hoc text may hold several statements; the last one speaks for all.
    const result = Array.isArray(results) ? (results.at(-1) as typeof results) : results
    return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 }
  }
}
