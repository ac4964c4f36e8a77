// One merchant_uid is paid once: whoever asks again, by whatever route, at whatever moment.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertBooksUntouched, ledgerDuring, markCancelled } from './books.ts'
import { cardFields, cardOf, cardThat, newMerchantUid, newOrder } from './orders.ts'
import { assertRefused, billingKeyOf, duplicateOrder, failedOf, pageOf, paidOf } from './replies.ts'

let app: TestApp

before(async () => {
  app = await startTestApp()
  billingKeyOf(await app.merchant.call('POST', '/subscribe/customers/stored', cardFields()))
})
after(() => app.close())

const onetime = (fields: object) =>
  app.merchant.call('POST', '/subscribe/payments/onetime', newOrder({ ...fields }))
const again = (merchantUid: string) =>
  app.merchant.call('POST', '/subscribe/payments/again', {
    customer_uid: 'stored',
    merchant_uid: merchantUid,
    amount: 3000,
  })

/** The three ways to take money for one order. */
const ways: readonly { readonly name: string; readonly pay: (uid: string) => Promise<V1Reply> }[] =
  [
    { name: 'onetime', pay: (uid) => onetime({ merchant_uid: uid }) },
    {
      name: 'onetime with customer_uid',
      pay: (uid) => onetime({ merchant_uid: uid, customer_uid: 'new' }),
    },
    { name: 'again', pay: again },
  ]

describe('a merchant_uid one after another', () => {
  for (const { name, pay } of ways) {
    test(`that ${name} paid is refused by every way, unseen by the gateway`, async () => {
      const uid = newMerchantUid()
      const payment = paidOf(await pay(uid))
      await assertBooksUntouched(app, async () => {
        for (const way of ways) assertRefused(await way.pay(uid), duplicateOrder)
      })
      const page = pageOf(await app.merchant.call('GET', `/payments/findAll/${uid}`))
      assert.deepEqual(page.list, [payment])
    })
  }

  test('that was cancelled is refused too', async () => {
    const uid = newMerchantUid()
    await markCancelled(app, paidOf(await again(uid)).imp_uid)
    await assertBooksUntouched(app, async () => {
      for (const { pay } of ways) assertRefused(await pay(uid), duplicateOrder)
    })
  })

  test('that only failed is taken again, each attempt a payment of its own', async () => {
    const uid = newMerchantUid()
    const declined = cardFields(cardThat('declined'))
    const first = failedOf(await onetime({ ...declined, merchant_uid: uid }))
    const second = failedOf(await onetime({ ...declined, merchant_uid: uid, customer_uid: 'new' }))
    const third = paidOf(await again(uid))
    const page = pageOf(await app.merchant.call('GET', `/payments/findAll/${uid}`))
    assert.equal(page.total, 3)
    assert.equal(new Set([first, second, third].map((payment) => payment.imp_uid)).size, 3)
    assert.deepEqual(
      page.list.map((payment) => payment.status).toSorted((a, b) => a.localeCompare(b)),
      ['failed', 'failed', 'paid'],
    )
  })

  test('is compared exactly: case, spaces and width make another order', async () => {
    const uid = newMerchantUid()
    for (const other of [uid, uid.toUpperCase(), ` ${uid}`, `${uid} `, `${uid}\u200b`]) {
      paidOf(await again(other))
    }
  })

  test('sent once as a number and once as its text is one order', async () => {
    paidOf(await onetime({ merchant_uid: 20260115 }))
    assertRefused(await onetime({ merchant_uid: '20260115' }), duplicateOrder)
  })

  test('of one merchant is free for another', async () => {
    const other = await app.addMerchant()
    const uid = newMerchantUid()
    const mine = paidOf(await onetime({ merchant_uid: uid }))
    const order = newOrder({ merchant_uid: uid })
    const theirs = paidOf(await other.call('POST', '/subscribe/payments/onetime', order))
    assert.notEqual(theirs.imp_uid, mine.imp_uid)
  })
})

describe('a merchant_uid twenty times at once', () => {
  async function race(pays: readonly (() => Promise<V1Reply>)[]) {
    const { result: replies, entries } = await ledgerDuring(app, () =>
      Promise.all(pays.map((pay) => pay())),
    )
    const approvals = entries.filter((entry) => entry.kind === 'approval')
    const winners = replies.filter((reply) => reply.body.code === 0)
    assert.equal(approvals.length, 1)
    assert.equal(winners.length, 1)
    assert.equal(paidOf(winners[0] as V1Reply).imp_uid, approvals[0]?.orderno)
    for (const reply of replies) {
      if (!winners.includes(reply)) assertRefused(reply, duplicateOrder)
    }
  }

  for (const { name, pay } of ways) {
    test(`by ${name} is approved exactly once`, async () => {
      const uid = newMerchantUid()
      await race(Array.from({ length: 20 }, () => () => pay(uid)))
    })
  }

  test('by all ways mixed, with different cards and amounts, is approved exactly once', async () => {
    const uid = newMerchantUid()
    const cards = [cardOf('신한카드'), cardOf('삼성카드'), cardOf('BC카드')]
    await race(
      Array.from({ length: 20 }, (_, at) => () => {
        if (at % 3 === 0) return again(uid)
        const card = cardFields(cards[at % cards.length])
        return onetime({ ...card, merchant_uid: uid, amount: 1000 + at })
      }),
    )
  })

  test('where every card is declined ends in failures only, and the order can still be paid', async () => {
    const uid = newMerchantUid()
    const declined = { ...cardFields(cardThat('declined')), merchant_uid: uid }
    const { result: replies, entries } = await ledgerDuring(app, () =>
      Promise.all(Array.from({ length: 20 }, () => onetime(declined))),
    )
    const attempts = replies.filter((reply) => reply.body.code === 0)
    assert.ok(attempts.length >= 1)
    for (const reply of attempts) failedOf(reply)
    for (const reply of replies) {
      if (!attempts.includes(reply)) assertRefused(reply, duplicateOrder)
    }
    assert.equal(entries.length, attempts.length)
    paidOf(await onetime({ merchant_uid: uid }))
  })
})
