// /readyz turns away traffic exactly while the work could not be done, says which part is at fault, and comes back by
// itself.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { createReadiness, type Verdict } from '../../src/monitoring/readiness.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { makeReadOnly, shutDatabase, withSaboteur } from '../faults/database-sabotage.ts'
import { eventually } from '../faults/eventually.ts'
import { startTestApp, type TestApp } from '../support/app.ts'

interface Report {
  readonly status: string
  readonly checks: Record<string, { state: string; reason: string | null; ageMs: number }>
}

suite('/readyz', () => {
  let app: TestApp
  let clock: TestClock
  before(async () => {
    clock = new TestClock(Date.now())
    app = await startTestApp({ clock })
  })
  after(() => app.close())

  async function ask(): Promise<{ code: number; report: Report }> {
    const reply = await fetch(`${app.url}/readyz`)
    return { code: reply.status, report: (await reply.json()) as Report }
  }

  /** Waits for 503 with these words about this check. */
  const refuses = (check: string, words: RegExp) =>
    eventually(`/readyz refusing for ${check}`, async () => {
      const { code, report } = await ask()
      const { state, reason } = report.checks[check] ?? {}
      return code === 503 && state === 'failing' && words.test(reason ?? '') ? report : undefined
    })

  const isReady = () =>
    eventually('/readyz', async () => {
      const { code, report } = await ask()
      return code === 200 ? report : undefined
    })

  test('names every check with its state and age', async () => {
    const { status, checks } = await isReady()
    assert.equal(status, 'ready')
    const names = ['database', 'schema', 'vault', 'pool', 'event_loop', 'workers', 'draining']
    assert.deepEqual(Object.keys(checks), names)
    for (const { state, reason, ageMs } of Object.values(checks)) {
      assert.equal(state, 'ok')
      assert.equal(reason, null)
      assert.ok(ageMs >= 0)
    }
  })

  test('refuses while the database takes nobody, and comes back', async () => {
    const openDatabase = await shutDatabase(app)
    const report = await refuses('database', /could not be looked at|no answer within/)
    assert.equal(report.status, 'not ready')
    const { hostname, port } = new URL(app.parts.config.databaseUrl?.reveal() ?? '')
    assert.ok(!JSON.stringify(report).includes(`${hostname}:${port}`))
    assert.equal((await fetch(`${app.url}/healthz`)).status, 200)
    await openDatabase()
    await isReady()
    assert.match(app.logged(), /"check":"database".*a check of \/readyz does not hold/)
    assert.match(app.logged(), /a check of \/readyz holds again/)
  })

  test('refuses while the database can only be read', async () => {
    const mendIt = await makeReadOnly(app)
    await refuses('database', /can only be read/)
    await mendIt()
    await isReady()
  })

  test('refuses while the schema is too new, or not new enough', async () => {
    await app.parts.db.query(
      adHocSql(
        `insert into schema_migrations values (9999, '9999-from-tomorrow', 'x', true, '2030-01-01Z')`,
      ),
    )
    await refuses('schema', /does not know/)
    await app.parts.db.query(adHocSql('delete from schema_migrations where number = 9999'))
    await isReady()
    await app.parts.db.query(
      adHocSql(`create table kept as select * from schema_migrations where number = 12;
                delete from schema_migrations where number = 12`),
    )
    await refuses('schema', /lacks migrations/)
    await app.parts.db.query(adHocSql('insert into schema_migrations select * from kept'))
    await isReady()
  })

  test('refuses when a worker makes no good round any more, and names it', async () => {
    await withSaboteur(app, async (saboteur) => {
      await saboteur.query('begin; lock table webhooks in access exclusive mode')
      // Every round now ends by a time limit, if at all.
      const stalled = await eventually('the stall of the courier alone', async () => {
        clock.advance(15_000)
        const { code, report } = await ask()
        const reason = report.checks['workers']?.reason ?? ''
        return code === 503 && reason.includes('webhooks') ? reason : undefined
      })
      assert.match(stalled, /webhooks/)
      await saboteur.query('rollback')
    })
    const { checks } = await isReady()
    assert.equal(checks['workers']?.state, 'ok')
  })
})

suite('a check that hangs', () => {
  test('fails in time, is made once only, and holds again when it answers', async () => {
    let begun = 0
    let answer: (verdict: Verdict) => void = () => undefined
    const run = () => {
      begun += 1
      return new Promise<Verdict>((resolve) => (answer = resolve))
    }
    const changes: boolean[] = []
    const judge = createReadiness({
      checks: [{ name: 'slow', everyMs: 0, run }],
      limitMs: 5,
      onChange: (_, { isGood }) => changes.push(isGood),
    })
    for (let asked = 0; asked < 3; asked += 1) {
      assert.equal((await judge()).checks['slow']?.reason, 'no answer within 5 ms')
    }
    assert.equal(begun, 1)
    const last = judge()
    answer({ isGood: true })
    assert.equal((await last).isReady, true)
    assert.deepEqual(changes, [false, true])
  })

  test('an answer holds for its interval', async () => {
    let nowMs = 0
    let begun = 0
    const run = (): Verdict => {
      begun += 1
      return { isGood: true }
    }
    const judge = createReadiness({
      checks: [{ name: 'dear', everyMs: 1_000, run }],
      now: () => nowMs,
    })
    await judge()
    nowMs = 999
    assert.equal((await judge()).checks['dear']?.ageMs, 999)
    assert.equal(begun, 1)
    nowMs = 1_000
    await judge()
    assert.equal(begun, 2)
  })
})

suite('a server whose master key does not fit the data', () => {
  test('is not ready', async () => {
    const app = await startTestApp({ role: 'api' })
    try {
      const foreign = randomBytes(4).toString('hex')
      await app.parts.db.query(adHocSql('update data_keys set master_key_id = $1'), [foreign])
      const reply = await fetch(`${app.url}/readyz`)
      assert.equal(reply.status, 503)
      const { checks } = (await reply.json()) as Report
      assert.equal(checks['vault']?.reason, 'the data need another master key')
    } finally {
      await app.close()
    }
  })
})
