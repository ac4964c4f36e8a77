// What an operator, a failover or a cable can do to the database while billkey uses it.

import type { Socket } from 'node:net'

import { Client } from 'pg'

import type { TestApp } from '../support/app.ts'
import { testServer } from '../support/database-server.ts'
import { type PostgresRelay, startPostgresRelay } from '../support/postgres-relay.ts'
import { eventually } from './eventually.ts'

/** A session of its own, which sabotage leaves alone. */
export async function withSaboteur<T>(
  app: TestApp,
  work: (saboteur: Client) => Promise<T>,
): Promise<T> {
  const saboteur = new Client({
    connectionString: await directAddress(app),
    application_name: 'saboteur',
  })
  await saboteur.connect()
  try {
    return await work(saboteur)
  } finally {
    await saboteur.end()
  }
}

/** As `pg_terminate_backend`: the sessions of the server end, whatever they are doing. */
export async function endSessions(app: TestApp): Promise<void> {
  await withSaboteur(app, (saboteur) => saboteur.query(endSessionsText, [databaseName(app)]))
}

const endSessionsText = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = $1 and application_name = 'billkey'`

/** No session, and no new one either, until the returned function is called. */
export async function shutDatabase(app: TestApp): Promise<() => Promise<void>> {
  const name = databaseName(app)
  const allow = (isAllowed: boolean) => `alter database "${name}" allow_connections ${isAllowed}`
  await onMaintenance(async (client) => {
    await client.query(allow(false))
    await client.query(endSessionsText, [name])
  })
  return () => onMaintenance((client) => client.query(allow(true)))
}

/** New sessions can only read, as on a primary that has become a standby, until the returned function is called. */
export async function makeReadOnly(app: TestApp): Promise<() => Promise<void>> {
  const database = `alter database "${databaseName(app)}"`
  await onMaintenance((client) =>
    client.query(`${database} set default_transaction_read_only = on`),
  )
  await endSessions(app)
  return async () => {
    await onMaintenance((client) => client.query(`${database} reset default_transaction_read_only`))
    // Those that were begun meanwhile stay as they are, and would refuse the next statement that they are lent to.
    await endSessions(app)
  }
}

/** The server processes of sessions that wait for another one's lock, once there are so many of them. */
export function blockedBackends(saboteur: Client, count: number): Promise<readonly number[]> {
  return eventually(`${count} statements that wait for a lock`, async () => {
    // Within a transaction the server shows the same picture again and again.
    await saboteur.query('select pg_stat_clear_snapshot()')
    const { rows } = await saboteur.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'billkey' and wait_event_type = 'Lock'`,
    )
    return rows.length >= count ? rows.map(({ pid }) => pid) : undefined
  })
}

async function onMaintenance<T>(work: (client: Client) => Promise<T>): Promise<void> {
  const client = new Client({ connectionString: await testServer() })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function databaseName(app: TestApp): string {
  return new URL(app.parts.config.databaseUrl?.reveal() ?? '').pathname.slice(1)
}

// The server's own address: the app may have been told another one.
async function directAddress(app: TestApp): Promise<string> {
  const url = new URL(await testServer())
  url.pathname = `/${databaseName(app)}`
  return url.href
}

export interface DatabaseCable {
  /** For the option `databaseVia` of the test app. */
  readonly via: (connectionString: string) => Promise<string>
  /**
   * The next time the named statement has been carried out, its acknowledgement is lost and every connection
   * with it. Resolves when that has happened.
   */
  loseAcknowledgementOf(statementName: string): Promise<void>
  close(): Promise<void>
}

// ReadyForQuery, outside a transaction: the server has committed what came before (protocol version 3).
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** A cable to the database that can be cut between a commit and the news of it. */
export function createDatabaseCable(): DatabaseCable {
  let armed: { readonly name: Buffer; readonly cut: () => void } | undefined
  let relay: PostgresRelay | undefined

  function pass(near: Socket, far: Socket): void {
    let isDoomed = false
    near.on('data', (bytes) => {
      if (armed !== undefined && bytes.includes(armed.name)) isDoomed = true
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (!isDoomed || armed === undefined) return void near.write(bytes)
      if (!bytes.includes(readyForQuery)) return
      const { cut } = armed
      armed = undefined
      relay?.cutAll()
      cut()
    })
  }

  return {
    via: async (connectionString) => {
      relay = await startPostgresRelay(connectionString, pass)
      return relay.connectionString
    },
    loseAcknowledgementOf: (statementName) =>
      new Promise((resolve) => {
        // Parse, Bind and Close all end the name of a statement with a zero byte.
        armed = { name: Buffer.from(`${statementName}\0`), cut: resolve }
      }),
    close: async () => relay?.close(),
  }
}
