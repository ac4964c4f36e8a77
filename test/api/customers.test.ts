// Billing keys under their V1 name, the guide's §3: register, read, read many, replace, delete.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { BillingKeyView } from '../../src/billing-keys/billing-key.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertFields, billingKeyFields } from './annotations.ts'
import { assertBooksUntouched, ledgerDuring } from './books.ts'
import { cardFields, cardOf, cardRefusedAs, cardThat, encodings, newMerchantUid } from './orders.ts'
import { assertRefused, billingKeyOf, paidOf, responseOf, unknownCustomer } from './replies.ts'

const clock = new TestClock(Date.UTC(2026, 0, 15))
const nowSeconds = () => Math.floor(clock.now() / 1000)
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
})
after(() => app.close())

const pathOf = (uid: string) => `/subscribe/customers/${uid}`
const register = (uid: string, body: unknown = cardFields()) =>
  app.merchant.call('POST', pathOf(uid), body)
const read = (uid: string) => app.merchant.call('GET', pathOf(uid))

describe('registering a card', () => {
  test('by the guide’s request issues one key, charges nothing and shows no secret', async () => {
    const card = {
      card_number: '1234-1234-1234-1234',
      expiry: '2025-12',
      birth: '820213',
      pwd_2digit: '00',
    }
    const { result: reply, entries } = await ledgerDuring(app, () =>
      register('your-customer-unique-id', card),
    )
    const key = billingKeyOf(reply)
    assertFields(key, billingKeyFields)
    assert.deepEqual(
      entries.map(({ kind, amount }) => ({ kind, amount })),
      [{ kind: 'key_issue', amount: 0 }],
    )
    assert.deepEqual(billingKeyOf(await read('your-customer-unique-id')), key)
  })

  test('with the card alone leaves everything else empty', async () => {
    const key = billingKeyOf(await register('bare', cardFields(cardOf('롯데카드'))))
    assert.deepEqual(key, {
      customer_uid: 'bare',
      pg_provider: 'daou',
      pg_id: app.merchant.channel.pgId,
      sandbox: true,
      customer_id: null,
      card_name: '롯데카드',
      card_code: '368',
      card_issuer_code: '368',
      card_issuer_name: '롯데카드',
      card_publisher_code: null,
      card_publisher_name: null,
      card_number: '936800******0000',
      card_type: null,
      customer_name: null,
      customer_tel: null,
      customer_email: null,
      customer_addr: null,
      customer_postcode: null,
      inserted: nowSeconds(),
      updated: nowSeconds(),
    })
  })

  for (const { name, encode } of encodings) {
    test(`as ${name} keeps what is said of the customer`, async () => {
      const customer = {
        customer_id: 'member 7',
        customer_name: '홍길동',
        customer_tel: '010-0000-0000',
        customer_email: 'buyer@example.com',
        customer_addr: '서울특별시 어딘가 1길 2',
        customer_postcode: '04524',
      }
      const { body, headers } = encode({ ...cardFields(), ...customer })
      const uid = encodeURIComponent(`고객/${name}`)
      const key = billingKeyOf(await app.merchant.call('POST', pathOf(uid), body, headers))
      assertFields(key, billingKeyFields)
      assert.equal(key.customer_uid, `고객/${name}`)
      for (const [field, sent] of Object.entries(customer)) {
        assert.equal(key[field as keyof typeof customer], sent, field)
      }
    })
  }

  test('again with the same customer_uid replaces the card; inserted stays, updated moves', async () => {
    const first = billingKeyOf(
      await register('twice', { ...cardFields(cardOf('신한카드')), customer_name: '홍길동' }),
    )
    assert.equal(first.inserted, first.updated)
    clock.advance(60_000)
    const second = billingKeyOf(await register('twice', cardFields(cardOf('현대카드'))))
    assert.deepEqual(
      [second.card_code, second.inserted, second.updated],
      ['367', first.inserted, first.updated + 60],
    )
    assert.deepEqual(billingKeyOf(await read('twice')), second)

    const { result: reply, entries } = await ledgerDuring(app, () =>
      app.merchant.call('POST', '/subscribe/payments/again', {
        customer_uid: 'twice',
        merchant_uid: newMerchantUid(),
        amount: 700,
      }),
    )
    assert.equal(paidOf(reply).card_name, '현대카드')
    assert.equal(entries[0]?.cardcode, 'CCDI')
  })

  test('that the issuer refuses is code -1 with its words, and leaves an older card as it was', async () => {
    const older = billingKeyOf(await register('kept'))
    clock.advance(1000)
    const refusals = [
      ['1111-1111-1111-1112', /\[S101\]유효하지않은 카드번호를 입력하셨습니다\./],
      [cardRefusedAs('wrong_birth'), /\[S102\]생년월일/],
      [cardRefusedAs('wrong_password'), /\[S103\]카드 비밀번호/],
      [cardRefusedAs('stolen'), /\[S104\]/],
    ] as const
    for (const [number, reason] of refusals) {
      const reply = await register('kept', cardFields(number))
      const words = new RegExp(`^카드정보 인증 및 빌키 발급에 실패하였습니다\\. ${reason.source}`)
      assertRefused(reply, { status: 200, code: -1, message: words })
    }
    assert.deepEqual(billingKeyOf(await read('kept')), older)
    assertRefused(await register('never', cardFields('1111-1111-1111-1112')), {
      status: 200,
      code: -1,
      message: /^카드정보 인증 및 빌키 발급에 실패하였습니다\. \[/,
    })
    assertRefused(await read('never'), unknownCustomer('never'))
  })

  test('whose charges will fail registers all the same, since only its data are checked', async () => {
    const key = billingKeyOf(
      await register('no money', cardFields(cardThat('insufficient_balance'))),
    )
    assert.equal(key.card_code, '366')
  })

  test('without card_number or expiry names both and asks the gateway nothing', async () => {
    const reply = await assertBooksUntouched(app, () => register('missing', { birth: '820213' }))
    assertRefused(reply, { status: 400, code: -1, message: '파라미터 누락: card_number, expiry' })
  })

  test('with a channel_key takes that channel, and an unknown one is refused', async () => {
    const known = await register('chosen', {
      ...cardFields(),
      channel_key: app.merchant.channel.channelKey,
    })
    assert.equal(billingKeyOf(known).pg_id, app.merchant.channel.pgId)
    const unknown = await assertBooksUntouched(app, () =>
      register('chosen', { ...cardFields(), channel_key: 'channel-key-nobody' }),
    )
    assertRefused(unknown, {
      status: 200,
      code: -1,
      message: '등록되지 않은 channel_key입니다. (channel-key-nobody)',
    })
  })
})

describe('reading billing keys', () => {
  test('an unknown one is HTTP 200 with code 1, as clients expect', async () => {
    assertRefused(await read('XXX'), unknownCustomer('XXX'))
    assertRefused(
      await app.merchant.call('GET', '/subscribe/customers/XXX/'),
      unknownCustomer('XXX'),
    )
  })

  const asMany = async (query: string, status = 200) => {
    const reply = await app.merchant.call('GET', `/subscribe/customers${query}`)
    return (responseOf(reply, status) as BillingKeyView[]).map((key) => {
      assertFields(key, billingKeyFields)
      return key.customer_uid
    })
  }

  test('many are asked for in every spelling of a list, and come in the order asked', async () => {
    for (const uid of ['many_a', 'many_b']) billingKeyOf(await register(uid))
    const spellings = [
      'customer_uid[]=many_b&customer_uid[]=many_a',
      'customer_uid%5B%5D=many_b&customer_uid%5B%5D=many_a',
      'customer_uid[0]=many_b&customer_uid[1]=many_a',
      'customer_uid%5B0%5D=many_b&customer_uid%5B1%5D=many_a',
      'customer_uid=many_b&customer_uid=many_a',
    ]
    for (const query of spellings) {
      assert.deepEqual(await asMany(`?${query}`), ['many_b', 'many_a'], query)
    }
    assert.deepEqual(await asMany('/?customer_uid[]=many_b&customer_uid[]=many_a'), [
      'many_b',
      'many_a',
    ])
    assert.deepEqual(await asMany('?customer_uid=many_a'), ['many_a'])
    assert.deepEqual(await asMany('?customer_uid[]=many_a&customer_uid[]=many_a'), ['many_a'])
  })

  test('many of which some are missing are 207 with those found, none 404', async () => {
    billingKeyOf(await register('present'))
    const query = '?customer_uid[]=absent&customer_uid[]=present'
    assert.deepEqual(await asMany(query, 207), ['present'])
    assertRefused(await app.merchant.call('GET', '/subscribe/customers?customer_uid[]=absent'), {
      status: 404,
      code: -1,
      message: /등록된 정보를 찾을 수 없습니다/,
    })
  })

  test('many without a name are 400, and so are more than a hundred', async () => {
    for (const query of ['', '?customer_uid=', '?customer_uid[]=']) {
      assertRefused(await app.merchant.call('GET', `/subscribe/customers${query}`), {
        status: 400,
        code: -1,
        message: /^파라미터 누락: customer_uid/,
      })
    }
    const names = Array.from({ length: 101 }, (_, at) => `customer_uid[]=c${at}`).join('&')
    assertRefused(await app.merchant.call('GET', `/subscribe/customers?${names}`), {
      status: 400,
      code: -1,
      message: /^파라미터 오류: customer_uid .*100/,
    })
  })
})

describe('deleting a billing key', () => {
  test('answers with what was deleted, and after that nobody finds or charges it', async () => {
    const key = billingKeyOf(await register('gone'))
    const { result: reply, entries } = await ledgerDuring(app, () =>
      app.merchant.call('DELETE', `${pathOf('gone')}?reason=left`),
    )
    assert.deepEqual(billingKeyOf(reply), key)
    assert.deepEqual(entries, [])
    assertRefused(await read('gone'), unknownCustomer('gone'))
    assertRefused(await app.merchant.call('DELETE', pathOf('gone')), unknownCustomer('gone'))
    const order = { customer_uid: 'gone', merchant_uid: newMerchantUid(), amount: 100 }
    const charge = await assertBooksUntouched(app, () =>
      app.merchant.call('POST', '/subscribe/payments/again', order),
    )
    assertRefused(charge, { status: 200, code: 1, message: '등록되지 않은 구매자입니다.' })
  })

  test('works as clients send it: with a type and no body, an empty query, a requester', async () => {
    const requests = [
      ['', { 'content-type': 'application/json' }],
      ['', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['?', {}],
      ['?extra[requester]=admin&requester=', {}],
      ['/', {}],
    ] as const
    for (const [suffix, headers] of requests) {
      const { inserted } = billingKeyOf(await register('often'))
      const reply = await app.merchant.call('DELETE', pathOf('often') + suffix, undefined, headers)
      assert.equal(billingKeyOf(reply).inserted, inserted, suffix)
    }
  })

  test('and registering the name anew is a new key', async () => {
    const first = billingKeyOf(await register('reborn'))
    await app.merchant.call('DELETE', pathOf('reborn'))
    clock.advance(5000)
    const second = billingKeyOf(await register('reborn'))
    assert.equal(second.inserted, first.inserted + 5)
    assert.equal(second.inserted, second.updated)
  })
})
