// kill -9 at every step of a charge, on a real `billkey serve`, and then another one on the same database. What may
// have been charged is unknown and blocked; what cannot have been is failed and may be tried again; nothing is
// ever sent a second time.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'

import type { Client } from 'pg'

import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { blockedBackends, withSaboteur } from './database-sabotage.ts'
import { eventually } from './eventually.ts'
import { createHeldWaits, type HeldWait, type HeldWaits } from './held-waits.ts'
import {
  approvalsOf,
  assertMayRetry,
  assertNoKey,
  assertStaysUnknown,
  orderFault,
  paymentOf,
} from './outcome-checks.ts'
import { type ServeProcess, startServeProcess } from './serve-process.ts'
import {
  again,
  type Attempt,
  newAttempt,
  onetime,
  onetimeWithKey,
  waysToCharge,
  type Way,
} from './ways-to-charge.ts'

interface Death {
  readonly when: string
  readonly way: Way
  /** Where the PG holds the charge while its sender is killed. */
  readonly step: 'ready' | 'execute'
  readonly payMethod: string
  readonly fault: 'slow' | 'late_commit'
  readonly after: 'unknown' | 'failed'
  /** Once the PG has done what it was about to do. */
  readonly approvals: 0 | 1
}

const chargeDeaths: readonly Death[] = waysToCharge.flatMap((way): readonly Death[] => {
  const common = { way, payMethod: way.payMethod, after: 'unknown' } as const
  return [
    // The announcement is all that another process can see, so even this one may have been charged.
    { ...common, when: 'between intent and execute', step: 'ready', fault: 'slow', approvals: 0 },
    {
      ...common,
      when: 'before the PG charges',
      step: 'execute',
      fault: 'late_commit',
      approvals: 1,
    },
    { ...common, when: 'after the PG has charged', step: 'execute', fault: 'slow', approvals: 1 },
  ]
})

const issue = {
  way: onetimeWithKey,
  payMethod: 'CARD-KEYGEN',
  fault: 'slow',
  after: 'failed',
  approvals: 0,
} as const

const deaths: readonly Death[] = [
  ...chargeDeaths,
  { ...issue, when: 'before the key issue leaves', step: 'ready' },
  { ...issue, when: 'while its key is issued', step: 'execute' },
]

suite('a process killed in the middle of charges', () => {
  const masterKey = randomBytes(32).toString('base64')
  const attempts = new Map<Death, Attempt>()
  const unsettled = newAttempt()
  const unrecorded = newAttempt()
  let app: TestApp
  let waits: HeldWaits
  let victim: ServeProcess
  let heir: ServeProcess

  async function holdCharge(death: Death): Promise<HeldWait> {
    const { way, step, payMethod, fault } = death
    const attempt = newAttempt()
    attempts.set(death, attempt)
    await way.prepare(app.merchant, attempt)
    const script = step === 'ready' ? 'slow' : fault
    const match = { step, paymethod: payMethod }
    await orderFault(app, { match, fault: script, delayMs: 60_000 })
    void way.charge(victim.merchant, attempt).catch(() => undefined) // Its connection dies with the process.
    return waits.next()
  }

  /** The PG has answered, and the settlement waits for a lock: killed there, and its statement with it. */
  async function killWhileSettling(): Promise<void> {
    await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, fault: 'slow', delayMs: 60_000 })
    void onetime.charge(victim.merchant, unsettled).catch(() => undefined)
    const held = await waits.next()
    await withSaboteur(app, async (saboteur) => {
      await saboteur.query('begin')
      await saboteur.query('select from payments where merchant_uid = $1 for update', [
        unsettled.merchantUid,
      ])
      held.release()
      const [settling] = await blockedBackends(saboteur, 1)
      // And one more charge that has not committed its intent yet.
      await saboteur.query('lock table exchanges in share mode')
      void onetime.charge(victim.merchant, unrecorded).catch(() => undefined)
      const blocked = await blockedBackends(saboteur, 2)
      assert.ok(settling !== undefined)
      await victim.kill()
      await endBackends(saboteur, blocked)
      await saboteur.query('rollback')
    })
  }

  // A server process that waits for a lock does not notice that its client is gone; left alone it would commit.
  async function endBackends(saboteur: Client, pids: readonly number[]): Promise<void> {
    await saboteur.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids])
    await eventually('the end of its statements', async () => {
      await saboteur.query('select pg_stat_clear_snapshot()')
      const { rowCount } = await saboteur.query(
        'select from pg_stat_activity where pid = any($1::int[])',
        [pids],
      )
      return rowCount === 0 ? true : undefined
    })
  }

  before(async () => {
    waits = createHeldWaits()
    // Its own server only prepares and looks; the work is left to the processes under test.
    app = await startTestApp({
      role: 'api',
      environment: { BILLKEY_MASTER_KEY: masterKey },
      simulator: { delay: waits.delay },
    })
    victim = await startServeProcess(app, masterKey)
    const held: HeldWait[] = []
    for (const death of deaths) held.push(await holdCharge(death))
    await killWhileSettling()
    for (const wait of held) wait.release()
    await eventually('what the PG was about to do', async () => {
      const expected = [...deaths].filter(({ approvals }) => approvals === 1).length + 1
      return app.simulator.ledger().totals.approvals === expected ? true : undefined
    })
  })
  after(async () => {
    await victim?.kill()
    await heir?.stop()
    await app.close()
  })

  test('leaves every charge on its way, none of them usable, and the books without a breach', async () => {
    for (const attempt of [...attempts.values(), unsettled]) {
      assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'sending')
    }
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('leaves nothing of a charge whose intent was not committed, and nothing was sent', async () => {
    await assert.rejects(paymentOf(app, unrecorded.merchantUid), /no payment/)
    const sent = app.simulator.ledger().entries.map(({ orderno }) => orderno)
    assert.ok(!sent.includes(unrecorded.merchantUid))
  })

  test('another process ends them all once their leases have lapsed', async () => {
    // As if the minutes of the lease had passed.
    await app.parts.db.query(
      adHocSql(
        `update payments set lease_until = started_at where state = 'sending' returning imp_uid`,
      ),
    )
    heir = await startServeProcess(app, masterKey)
    await eventually('the sweep', async () => {
      const { rowCount } = await app.parts.db.query(
        adHocSql(`select from payments where state = 'sending'`),
      )
      return rowCount === 0 ? true : undefined
    })
    await eventually('its line in the log', async () =>
      heir.stdout().includes('payments of lost senders were ended') ? true : undefined,
    )
  })

  for (const death of deaths) {
    const verdict = death.after === 'unknown' ? 'is unknown and blocked' : 'charged nothing'
    test(`${death.way.name}, killed ${death.when}: it ${verdict}`, async () => {
      const attempt = attempts.get(death)
      assert.ok(attempt !== undefined)
      const { impUid } = await paymentOf(app, attempt.merchantUid)
      assert.equal(approvalsOf(app, impUid), death.approvals)
      if (death.after === 'unknown') await assertStaysUnknown(app, death.way, attempt)
      else await assertMayRetry(app, death.way, { attempt, failure: 'unsent' })
    })
  }

  test('onetime, killed between the answer and its settlement: it is unknown and blocked', async () => {
    await assertStaysUnknown(app, onetime, unsettled)
    const { impUid } = await paymentOf(app, unsettled.merchantUid)
    assert.equal(approvalsOf(app, impUid), 1)
  })

  test('the customers of the charges that are unknown have no key, and others can be charged', async () => {
    for (const [{ way, after }, attempt] of attempts) {
      if (way === onetimeWithKey && after === 'unknown') await assertNoKey(app, attempt)
    }
    const attempt = newAttempt()
    await again.prepare(heir.merchant, attempt)
    assert.equal((await again.charge(heir.merchant, attempt)).body.code, 0)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
