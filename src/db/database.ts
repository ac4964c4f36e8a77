// The pool. Statements of stores take a Queryable; a deed that writes more than once opens a
// Transaction and passes it on, so that inside it no other handle is in reach.

import type { PoolClient, QueryConfig, QueryResult as PgQueryResult, QueryResultRow } from 'pg'

import { assert } from '../primitives/assert.ts'
import { CommitUnknown, leavesSessionUsable, TransactionRolledBack } from './pg-errors.ts'
import { defaultStatementTimeoutMs, openPool, type PoolOptions, type PoolState } from './pool.ts'

// A statement is SQL text with a name. The server parses and plans a named statement once per
// connection, so one name must mean one text in the whole program.
export interface Statement {
  /** Null for text that is run once and not worth keeping on the server. */
  readonly name: string | null
  readonly text: string
}

/**
 * What may be bound to `$1`, `$2`… A Date is left out on purpose: pg renders it in the machine's own
 * time zone, field by field. Use `instant` for timestamptz and `json` for jsonb.
 */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly string[]
  | readonly number[]

// PostgreSQL cuts identifiers at 63 bytes (NAMEDATALEN - 1), so two longer names could become one.
const statementNamePattern = /^[a-z][a-z0-9_]{0,62}$/

const textByName = new Map<string, string>()

/** Declares a statement at module level. `name` says what it does: `insert_payment`. */
export function sql(name: string, text: string): Statement {
  assert(statementNamePattern.test(name), `statement name ${name} must be snake_case, 63 bytes`)
  const known = textByName.get(name)
  assert(known === undefined || known === text, `statement ${name} is declared with two texts`)
  textByName.set(name, text)
  return { name, text }
}

/** One statement for each of several questions, `list_webhooks_of_payment`: no SQL is built from input. */
export function sqlOfEach<Key extends string>(
  name: string,
  keys: readonly Key[],
  textOf: (key: Key) => string,
): (key: Key) => Statement {
  const statements = new Map(keys.map((key) => [key, sql(`${name}_${key}`, textOf(key))]))
  return (key) => statements.get(key) as Statement
}

/** The texts of all statements that the modules loaded so far have declared, by their names. */
export function declaredStatements(): ReadonlyMap<string, string> {
  return textByName
}

/** A statement that runs once: DDL, a migration, a diagnosis. May hold several, if it binds nothing. */
export function adHocSql(text: string): Statement {
  return { name: null, text }
}

/** A timestamptz parameter from milliseconds since 1970 UTC. */
export function instant(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

/** The same for a nullable column. */
export function instantOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : instant(epochMs)
}

/** A jsonb parameter. Needed for arrays too, which pg would otherwise send as a PostgreSQL array. */
export function json(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined
  assert(text !== undefined, 'undefined is not JSON')
  return text
}

export interface QueryResult<Row> {
  readonly rows: Row[]
  /** Rows returned, or touched by a statement that returns none. */
  readonly rowCount: number
}

interface QueryRunner {
  /** `Row` is the caller's claim about the columns; column-parsers.ts says what values they hold. */
  query<Row extends object = Record<string, unknown>>(
    statement: Statement,
    values?: readonly SqlValue[],
  ): Promise<QueryResult<Row>>
}

/**
 * One open transaction. Statements issued without awaiting each other travel together (pipelined),
 * and run in the order issued. Of no use after the function it was given to has returned.
 */
export interface Transaction extends QueryRunner {
  readonly kind: 'transaction'
}

export interface TransactionOptions {
  /** Default: read committed. */
  readonly isolation?: 'repeatable read' | 'serializable'
  /** Overrides the pool's for every statement of this transaction; 0 means no limit. */
  readonly statementTimeoutMs?: number
}

export interface Database extends QueryRunner {
  readonly kind: 'database'
  /**
   * Commits when `work` returns, rolls back when it throws. Retries nothing. Throws `CommitUnknown`
   * when the connection died during COMMIT.
   */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>
  /** Connections now. */
  poolState(): PoolState
  /** Waits for statements under way, then closes every connection. May be called twice. */
  close(): Promise<void>
}

/** What a store's function takes when it does not care whether a transaction is open. */
export type Queryable = Database | Transaction

export interface DatabaseOptions extends PoolOptions {
  readonly observer?: StatementObserver
}

export interface StatementObserver {
  /** A statement leaves; `name` is null for text that is run once. Gives the function that is told of its end. */
  begin(name: string | null): (error?: unknown) => void
}

const noObserver: StatementObserver = { begin: () => () => undefined }

// The server enforces statement_timeout; this much later we stop waiting for a server that has
// fallen silent (a half-open connection), and drop the connection.
const silentServerGraceMs = 5_000

/** Connects lazily: the first statement finds out whether the server is there. */
export function openDatabase(settings: DatabaseOptions): Database {
  const { statementTimeoutMs = defaultStatementTimeoutMs, observer = noObserver } = settings
  const pool = openPool({ ...settings, statementTimeoutMs })
  async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const connection = await pool.connect()
    const session: Session = { client: connection.client, observer, isBroken: false }
    try {
      return await work(session)
    } finally {
      connection.release(session.isBroken)
    }
  }
  let closing: Promise<void> | undefined
  return {
    kind: 'database',
    query: (statement, values) =>
      withSession((session) => run(session, { statement, values, timeoutMs: statementTimeoutMs })),
    transaction: (work, options = {}) =>
      withSession((session) =>
        runTransaction(session, work, { poolTimeoutMs: statementTimeoutMs, ...options }),
      ),
    poolState: () => pool.state(),
    close: () => (closing ??= pool.close()),
  }
}

// One checked-out connection. `isBroken` says it must not go back to the pool: pg's own query() throws it away after any
// error, a unique violation included; here it is kept unless the error says that the session itself is no good.
interface Session {
  readonly client: PoolClient
  readonly observer: StatementObserver
  isBroken: boolean
}

interface BoundStatement {
  readonly statement: Statement
  readonly values: readonly SqlValue[] | undefined
  readonly timeoutMs: number
}

async function run<Row extends object>(
  session: Session,
  { statement, values, timeoutMs }: BoundStatement,
): Promise<QueryResult<Row> & { readonly command: string }> {
  const config: QueryConfig & { query_timeout?: number } = { text: statement.text }
  if (statement.name !== null) config.name = statement.name
  if (values !== undefined) config.values = values as SqlValue[]
  if (timeoutMs > 0) config.query_timeout = timeoutMs + silentServerGraceMs
  const end = session.observer.begin(statement.name)
  try {
    const results = await session.client.query<Row & QueryResultRow>(config)
    // Ad-hoc text may hold several statements; the last one speaks for all.
    const result = Array.isArray(results)
      ? (results.at(-1) as PgQueryResult<Row & object>)
      : results
    end()
    return { rows: result.rows, rowCount: result.rowCount ?? 0, command: result.command }
  } catch (error) {
    end(error)
    if (!leavesSessionUsable(error)) session.isBroken = true
    throw error
  }
}

async function runTransaction<T>(
  session: Session,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions & { readonly poolTimeoutMs: number },
): Promise<T> {
  const timeoutMs = options.statementTimeoutMs ?? options.poolTimeoutMs
  const command = (text: string) =>
    run(session, { statement: adHocSql(text), values: undefined, timeoutMs })
  let isOpen = true
  const transaction: Transaction = {
    kind: 'transaction',
    query: async (statement, values) => {
      assert(isOpen, 'a transaction was used after its end')
      return run(session, { statement, values, timeoutMs })
    },
  }
  // Awaited although it could travel with the first statement: were BEGIN alone to fail, that
  // statement would commit by itself.
  await command(beginText(options))
  let result: T
  try {
    result = await work(transaction)
  } catch (error) {
    isOpen = false
    await rollBack(session, command)
    throw error
  }
  isOpen = false
  await commit(session, command)
  return result
}

function beginText({ isolation, statementTimeoutMs }: TransactionOptions): string {
  const begin = isolation === undefined ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${isolation}`
  if (statementTimeoutMs === undefined) return begin
  return `${begin}; SET LOCAL statement_timeout = ${statementTimeoutMs}`
}

type Command = (text: string) => Promise<{ readonly command: string }>

async function commit(session: Session, command: Command): Promise<void> {
  let done: { readonly command: string }
  try {
    done = await command('COMMIT')
  } catch (error) {
    // The server answered: a deferred constraint, a serialization failure. Nothing was kept.
    if (!session.isBroken) throw error
    throw new CommitUnknown(error)
  }
  if (done.command !== 'COMMIT') throw new TransactionRolledBack()
}

// The error that made us roll back is the one worth telling, so a failure here only costs the
// connection: closing it rolls back as well.
async function rollBack(session: Session, command: Command): Promise<void> {
  if (session.isBroken) return
  try {
    await command('ROLLBACK')
  } catch {
    session.isBroken = true
  }
}
