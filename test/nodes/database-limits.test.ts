// The database is there and gives less than is wanted: too few connections, no connection for a moment, no lock, no
// free session. Whoever can wait waits; whoever cannot is refused with nothing sent.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, suite, test } from 'node:test'

import { Client } from 'pg'

import { adHocSql, openDatabase } from '../../src/db/database.ts'
import { isRetryableConnectionError, wasNothingSent } from '../../src/db/pg-errors.ts'
import { silentLog } from '../../src/db/storage-log.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { withSaboteur } from '../faults/database-sabotage.ts'
import { shownPayment } from '../faults/outcome-checks.ts'
import { newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { eventually } from '../faults/eventually.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { testServer } from '../support/database-server.ts'

async function onServer(connectionString: string, ...texts: readonly string[]): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    for (const text of texts) await client.query(text)
  } finally {
    await client.end()
  }
}

suite('a database with fewer connections than the pool wants', () => {
  const role = `few_${process.pid}`
  let app: TestApp
  let connectionStringOfFew = ''
  before(async () => {
    app = await startTestApp({
      environment: { BILLKEY_POOL_SIZE: '10' },
      databaseVia: async (connectionString) => {
        await onServer(
          connectionString,
          `create role ${role} login password 'few' connection limit 3`,
          `grant all on all tables in schema public to ${role}`,
          `grant all on all sequences in schema public to ${role}`,
        )
        const url = new URL(connectionString)
        url.username = role
        url.password = 'few'
        connectionStringOfFew = url.href
        return url.href
      },
    })
  })
  after(async () => {
    await app.close()
    await onServer(await testServer(), `drop role ${role}`)
  })

  test('serves everybody with those it has', async () => {
    const attempts = Array.from({ length: 24 }, () => newAttempt())
    const replies = await Promise.all(attempts.map((each) => onetime.charge(app.merchant, each)))
    for (const reply of replies) assert.equal(shownPayment(reply).status, 'paid')
    // One that asks in vain at this moment is counted as well.
    await eventually('no more connections than there are', async () =>
      app.parts.db.poolState().total <= 3 ? true : undefined,
    )
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('serves them in the order they came, longer than it would ask a server that is away', async () => {
    await app.parts.db.close()
    const db = openDatabase({
      connectionString: new Secret(connectionStringOfFew),
      poolSize: 10,
      applicationName: 'few',
      log: silentLog,
    })
    const served: number[] = []
    const statements = Array.from({ length: 90 }, async (_, place) => {
      await db.query(adHocSql('select pg_sleep(0.1)'))
      served.push(place)
    })
    await Promise.all(statements)
    // Three at a time, so neighbours may overtake each other, and so may the ten that found out how many there are.
    for (const [nth, place] of served.entries()) {
      assert.ok(Math.abs(place - nth) <= 12, `${place} came ${nth}th`)
    }
    await db.close()
  })
})

suite('a database that takes no connection for a moment', () => {
  /** Hangs up on the first so many. */
  async function openGate(refusals: number) {
    const sockets = new Set<Socket>()
    const { searchParams, username, password, pathname } = new URL(await testServer())
    let refused = 0
    const gate = createServer((near) => {
      if (refused < refusals) {
        refused += 1
        near.destroy()
        return
      }
      const far = connect(`${searchParams.get('host')}/.s.PGSQL.${searchParams.get('port')}`)
      for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
      near.pipe(far).pipe(near)
    }).listen(0, '127.0.0.1')
    await once(gate, 'listening')
    const { port } = gate.address() as AddressInfo
    const db = openDatabase({
      connectionString: new Secret(
        `postgresql://${username}:${password}@127.0.0.1:${port}${pathname}`,
      ),
      poolSize: 2,
      applicationName: 'gate',
      log: silentLog,
    })
    return {
      db,
      refused: () => refused,
      async close() {
        await db.close()
        for (const socket of sockets) socket.destroy()
        gate.close()
      },
    }
  }

  const isOnSocket = new Promise<boolean>((resolve) => {
    void testServer().then((address) =>
      resolve(address.includes('host=%2F') || address.includes('host=/')),
    )
  })

  test('is asked again, since nothing was carried out', async (t) => {
    if (!(await isOnSocket)) return t.skip('the database server has no Unix socket')
    const gate = await openGate(3)
    const { rows } = await gate.db.query(adHocSql('select 1 as one'))
    assert.deepEqual([rows, gate.refused()], [[{ one: 1 }], 3])
    await gate.close()
  })

  test('is given up in the end, and then it is certain that nothing was sent', async (t) => {
    if (!(await isOnSocket)) return t.skip('the database server has no Unix socket')
    const gate = await openGate(Number.POSITIVE_INFINITY)
    await assert.rejects(gate.db.query(adHocSql('select 1')), (error) => {
      return isRetryableConnectionError(error) && wasNothingSent(error)
    })
    await gate.close()
  })
})

suite('a database that makes everybody wait', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', environment: { BILLKEY_POOL_SIZE: '2' } })
  })
  after(() => app.close())

  test('refuses who waits for a lock or a session too long, with nothing sent and nothing left', async () => {
    await onetime.charge(app.merchant, newAttempt())
    const before = app.simulator.ledger().totals.entries
    await withSaboteur(app, async (saboteur) => {
      await saboteur.query('begin')
      await saboteur.query('lock table exchanges in share mode')
      const attempts = Array.from({ length: 6 }, () => newAttempt())
      const replies = await Promise.all(attempts.map((each) => onetime.charge(app.merchant, each)))
      for (const { status, body } of replies) assert.deepEqual([status, body.code], [500, -1])
      await saboteur.query('rollback')
    })
    const { rows } = await app.parts.db.query(
      adHocSql(`select state, count(*) as n from payments group by state`),
    )
    assert.deepEqual(rows, [{ state: 'paid', n: 1 }])
    assert.equal(app.simulator.ledger().totals.entries, before)
    assert.equal(shownPayment(await onetime.charge(app.merchant, newAttempt())).status, 'paid')
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
