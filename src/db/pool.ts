// The connections of a process: how a session is prepared, who waits for one, and for how long a server that refuses is
// asked again.

import { setTimeout as delay } from 'node:timers/promises'

import { type ClientBase, Pool, type PoolClient, type QueryResult } from 'pg'

import type { Secret } from '../primitives/secret.ts'
import { outside } from '../telemetry/activity.ts'
import { columnTypes } from './column-parsers.ts'
import { type ConnectionRoom, openRoom } from './connection-room.ts'
import {
  DatabaseReadOnly,
  isRetryableConnectionError,
  isTooManyConnections,
  markNothingSent,
} from './pg-errors.ts'
import type { StorageLog } from './storage-log.ts'

export interface PoolOptions {
  readonly connectionString: Secret
  readonly poolSize: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  readonly log: StorageLog
  /** Default 10 s. */
  readonly statementTimeoutMs?: number
  /** Default 5 s. */
  readonly lockTimeoutMs?: number
  /** Default 15 s: a transaction whose owner is stuck must not hold its locks for ever. */
  readonly idleInTransactionTimeoutMs?: number
  /** How long to wait for a free or a new connection. Default 5 s. */
  readonly connectTimeoutMs?: number
}

export const defaultStatementTimeoutMs = 10_000
const defaultConnectTimeoutMs = 5_000

export interface PoolState {
  readonly size: number
  readonly total: number
  readonly idle: number
  readonly waiting: number
  /** How long the one who waits longest for a connection has waited; 0: nobody waits. */
  readonly longestWaitMs: number
}

export interface ConnectionPool {
  /** A prepared session. What it rejects with is marked: nothing was sent. */
  connect(): Promise<PooledConnection>
  state(): PoolState
  close(): Promise<void>
}

export interface PooledConnection {
  readonly client: PoolClient
  /** Called once, at the end of its use; a broken one is thrown away. */
  release(isBroken: boolean): void
}

export function openPool(options: PoolOptions): ConnectionPool {
  const pool = createPool(options)
  const room = openRoom(options.poolSize)
  const { connectTimeoutMs = defaultConnectTimeoutMs } = options
  // In the order of asking, so the first has waited longest.
  const waiting = new Set<{ readonly sinceMs: number }>()
  return {
    async connect() {
      const mine = { sinceMs: performance.now() }
      waiting.add(mine)
      try {
        return await connect(pool, room, {
          turnByMs: mine.sinceMs + connectTimeoutMs,
          answerByMs: mine.sinceMs + refusedPatienceMs,
        })
      } catch (error) {
        markNothingSent(error)
        throw error
      } finally {
        waiting.delete(mine)
      }
    },
    state() {
      const [longest] = waiting
      return {
        size: options.poolSize,
        total: pool.totalCount,
        idle: pool.idleCount,
        waiting: room.waiting() + pool.waitingCount,
        longestWaitMs: longest === undefined ? 0 : performance.now() - longest.sinceMs,
      }
    },
    close: () => pool.end(),
  }
}

function createPool(options: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: options.connectionString.reveal(),
    application_name: options.applicationName,
    max: options.poolSize,
    connectionTimeoutMillis: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    pipeline: true,
    types: columnTypes,
    // pg-pool awaits a promise from this hook (pg-pool 3, newClient); its types do not say so.
    // oxlint-disable-next-line typescript/no-misused-promises
    onConnect: (client) => prepareSession(client, options),
  })
  // Without a listener of ours an error on a connection that is in use would end the process.
  pool.on('connect', (client) => {
    // Only the words: pg-pool hangs the whole client on the error.
    // Opened for whoever came first, it serves everybody: its end is not about that request.
    client.on('error', (error) => {
      outside(() => options.log.warn({ reason: error.message }, 'database connection lost'))
    })
  })
  pool.on('error', () => undefined) // The same error again, from the pool; told above.
  return pool
}

/**
 * Makes a session ours whatever the server's defaults are. Set by statement rather than in the
 * startup packet, which PgBouncer would refuse. A server default of synchronous_commit = off is
 * overruled: an intent that is said to be committed must survive a power cut. A session that cannot write is none:
 * while a failover is under way the address may lead to a standby, whose rows may be old. A statement is planned once,
 * without its parameters, since no value of them should lead another way (docs/decisions/0040-plans.md); not by Citus,
 * which sends a statement where its merchant is and has no plan without one. Nothing is
 * compiled: the costs of such plans are guesses, and compiling takes longer than any of them runs.
 */
async function prepareSession(
  client: ClientBase,
  {
    statementTimeoutMs = defaultStatementTimeoutMs,
    lockTimeoutMs = 5_000,
    idleInTransactionTimeoutMs = 15_000,
  }: PoolOptions,
): Promise<void> {
  const results: unknown = await client.query(
    `SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET bytea_output = 'hex';` +
      ` SET statement_timeout = ${statementTimeoutMs};` +
      ` SET lock_timeout = ${lockTimeoutMs};` +
      ` SET idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs};` +
      ` SET jit = off;` +
      ` SELECT set_config('plan_cache_mode', 'force_generic_plan', false)` +
      ` WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus');` +
      ` SELECT set_config('synchronous_commit', 'on', false)` +
      ` WHERE current_setting('synchronous_commit') IN ('off', 'local');` +
      ` SELECT current_setting('transaction_read_only') AS "readOnly"`,
  )
  const [last] = (results as QueryResult<{ readOnly: string }>[]).at(-1)?.rows ?? []
  if (last?.readOnly === 'on') throw new DatabaseReadOnly()
}

/** What a restart of the server takes, and what a caller notices of it: nothing. */
const refusedPatienceMs = 2_000
const refusedPauseMs = 100

// A connection that is refused has carried nothing out, so asking for another is always safe. Where the server has no
// room for more, one that is in use here becomes free: whoever was refused waits for it, before all others.
async function connect(
  pool: Pool,
  room: ConnectionRoom,
  { turnByMs, answerByMs }: { readonly turnByMs: number; readonly answerByMs: number },
): Promise<PooledConnection> {
  await room.enter(turnByMs)
  for (;;) {
    try {
      const client = await pool.connect()
      return {
        client,
        release(isBroken) {
          client.release(isBroken)
          room.leave()
        },
      }
    } catch (error) {
      const isFull = isTooManyConnections(error) && pool.totalCount > 0
      if (isFull) room.narrow(pool.totalCount)
      room.leave()
      const isOver = performance.now() >= (isFull ? turnByMs : answerByMs)
      if (!isRetryableConnectionError(error) || isOver) throw error
      if (!isFull) await delay(refusedPauseMs)
      await room.enter(turnByMs, 'first')
    }
  }
}
