// What the deletion and the replacement of a billing key mean for what is reserved on it, and what is kept of them.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { changeMerchantSettings } from '../../src/accounts/merchant-settings.store.ts'
import type { PendingSchedulesPolicy } from '../../src/accounts/pending-schedules-policy.ts'
import { newAct } from '../../src/audit/audit-event.ts'
import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { startCommandRunner } from '../support/command-runner.ts'
import { executed, paymentBy } from '../workers/scheduled-work.ts'
import { assertBooksUntouched } from './books.ts'
import { cardFields, cardOf, newMerchantUid } from './orders.ts'
import { assertRefused, billingKeyOf, paidOf } from './replies.ts'
import { lookUp, newEntry, registerCard, reserve, unschedulePath } from './reservations.ts'

const clock = new TestClock(Date.UTC(2026, 9, 1))
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
})
after(() => app.close())

async function merchantThat(policy: PendingSchedulesPolicy): Promise<TestMerchant> {
  const merchant = await app.addMerchant()
  await changeMerchantSettings(
    app.parts.db,
    merchant.merchantId,
    { pendingSchedulesOnDelete: policy },
    newAct(app.parts, 'test'),
  )
  return merchant
}

/** A customer with one revoked and two pending reservations. */
async function customerWithSchedules(merchant: TestMerchant) {
  await registerCard(merchant, 'leaver')
  const at = clock.now() / 1000 + 3600
  const entries = [newEntry(at), newEntry(at), newEntry(at)] as const
  await reserve(merchant, 'leaver', entries)
  await merchant.call('POST', unschedulePath, { merchant_uid: entries[2].merchant_uid })
  return entries
}

const remove = (merchant: TestMerchant, uid = 'leaver') =>
  merchant.call('DELETE', `/subscribe/customers/${uid}`)

interface AuditRow {
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: Record<string, unknown>
}

/** What was recorded of keys that went. */
async function auditOf({ merchantId }: TestMerchant): Promise<AuditRow[]> {
  const list = adHocSql(
    `select actor, action, subject, detail from audit_events
     where merchant_id = $1 and action in ('billing_key.deleted', 'billing_key.replaced') order by sequence`,
  )
  return (await app.parts.db.query<AuditRow>(list, [merchantId])).rows
}

describe('deleting a key with pending schedules', () => {
  test('leaves them by default, and says how many there are', async () => {
    const merchant = await app.addMerchant()
    const entries = await customerWithSchedules(merchant)
    const reply = await remove(merchant)
    const key = billingKeyOf(reply)
    assert.equal(reply.headers.get('billkey-pending-schedules'), '2 left')
    assert.equal((await lookUp(merchant, entries[0].merchant_uid)).schedule_status, 'scheduled')
    assert.deepEqual(await auditOf(merchant), [
      {
        actor: `api:${merchant.impKey}`,
        action: 'billing_key.deleted',
        subject: 'leaver',
        detail: {
          card: key.card_number,
          channelKey: merchant.channel.channelKey,
          keyAliveAtGateway: true,
          pendingSchedules: 2,
          policy: 'leave',
        },
      },
    ])
  })

  test('is refused when the merchant wants that', async () => {
    const merchant = await merchantThat('refuse')
    await customerWithSchedules(merchant)
    await assertBooksUntouched(app, async () =>
      assertRefused(await remove(merchant), {
        status: 200,
        code: 1,
        message: /2건 있어 삭제할 수 없/,
      }),
    )
    await merchant.call('POST', unschedulePath, { customer_uid: 'leaver' })
    const reply = await remove(merchant)
    billingKeyOf(reply)
    assert.equal(reply.headers.get('billkey-pending-schedules'), null)
  })

  test('revokes them when the merchant wants that', async () => {
    const merchant = await merchantThat('revoke')
    const entries = await customerWithSchedules(merchant)
    const reply = await remove(merchant)
    billingKeyOf(reply)
    assert.equal(reply.headers.get('billkey-pending-schedules'), '2 revoked')
    for (const { merchant_uid: uid } of entries) {
      assert.equal((await lookUp(merchant, uid)).schedule_status, 'revoked')
    }
    const [event] = await auditOf(merchant)
    assert.deepEqual([event?.detail['pendingSchedules'], event?.detail['policy']], [2, 'revoke'])
  })

  test('says nothing of an unknown customer', async () => {
    const reply = await remove(app.merchant, 'nobody')
    assert.deepEqual([reply.status, reply.body.code], [200, 1])
    assert.deepEqual(await auditOf(app.merchant), [])
  })

  for (const policy of ['refuse', 'revoke'] as const) {
    test(`while reservations are made leaves none behind (${policy})`, async () => {
      const merchant = await merchantThat(policy)
      for (let round = 0; round < 12; round += 1) {
        const uid = `racer-${round}`
        await registerCard(merchant, uid)
        const entries = Array.from({ length: 4 }, () => newEntry(clock.now() / 1000 + 3600))
        const [deleted, ...reserved] = await Promise.all([
          remove(merchant, uid),
          ...entries.map((entry) => reserve(merchant, uid, [entry])),
        ])
        const pending = []
        for (const [index, { body }] of reserved.entries()) {
          if (body.code !== 0) continue
          const entry = entries[index] as (typeof entries)[number]
          const { schedule_status: status } = await lookUp(merchant, entry.merchant_uid)
          if (status === 'scheduled') pending.push(entry.merchant_uid)
        }
        if (deleted.body.code === 0) assert.deepEqual(pending, [])
        else assert.notDeepEqual(pending, [])
      }
    })
  }
})

test('an operator sets the policy on the command line, and no other than there is', async () => {
  const merchant = await app.addMerchant()
  const { databaseUrl, masterKey } = app.parts.config
  const runner = startCommandRunner({
    DATABASE_URL: databaseUrl?.reveal() ?? '',
    BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
  })
  try {
    const named = ['--merchant', String(merchant.merchantId)]
    const set = (policy: string) =>
      runner.run('merchant', 'set', '--pending-schedules', policy, ...named)
    const end = await set('revoke')
    assert.equal(end.code, 0, end.stderr)
    assert.match(end.stdout, /pending schedules of a deleted billing key: revoke/)
    const wrong = await set('forget')
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /leave, refuse, revoke/)
  } finally {
    await runner.close()
  }
  await customerWithSchedules(merchant)
  const reply = await remove(merchant)
  assert.equal(reply.headers.get('billkey-pending-schedules'), '2 revoked')
})

describe('replacing a key', () => {
  test('charges the new card, and records that the old key lives on at the gateway', async () => {
    const merchant = await app.addMerchant()
    await registerCard(merchant, 'mover', cardOf('신한카드'))
    assert.deepEqual(await auditOf(merchant), [])
    const entry = newEntry(clock.now() / 1000 + 10)
    await reserve(merchant, 'mover', [entry])
    await registerCard(merchant, 'mover', cardOf('현대카드'))
    clock.advance(10_000)
    const payment = await paymentBy(merchant, await executed(merchant, entry.merchant_uid))
    assert.equal(payment.card_name, '현대카드')
    assert.deepEqual(await auditOf(merchant), [
      {
        actor: `api:${merchant.impKey}`,
        action: 'billing_key.replaced',
        subject: 'mover',
        detail: {
          card: '936600******0000',
          channelKey: merchant.channel.channelKey,
          newCard: payment.card_number,
          newChannelKey: merchant.channel.channelKey,
          keyAliveAtGateway: true,
        },
      },
    ])
  })

  test('by a payment that issues one is recorded too', async () => {
    const merchant = await app.addMerchant()
    await registerCard(merchant, 'mover', cardOf('신한카드'))
    const order = {
      customer_uid: 'mover',
      merchant_uid: newMerchantUid(),
      amount: 1000,
      ...cardFields(cardOf('KB국민카드')),
    }
    paidOf(await merchant.call('POST', '/subscribe/payments/onetime', order))
    const [event, ...more] = await auditOf(merchant)
    assert.deepEqual(more, [])
    assert.deepEqual(
      [event?.action, event?.detail['card']],
      ['billing_key.replaced', '936600******0000'],
    )
  })

  test('by several at once records each that went', async () => {
    const merchant = await app.addMerchant()
    const issuers = ['신한카드', '현대카드', 'KB국민카드', '롯데카드']
    await Promise.all(issuers.map((issuer) => registerCard(merchant, 'crowded', cardOf(issuer))))
    const events = await auditOf(merchant)
    assert.equal(events.length, issuers.length - 1)
    const gone = events.map(({ detail }) => detail['card'])
    assert.equal(new Set(gone).size, gone.length)
  })
})
