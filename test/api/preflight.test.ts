// What PAYJOA or the channel would not carry is refused before anything is recorded or sent: by one sentence that
// names V1's parameter, the limit, and what was asked for where that is no secret.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { NewChannel } from '../../src/accounts/add-channel.ts'
import { type InstalmentRule, readInstalments } from '../../src/accounts/instalment-rule.ts'
import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp, type TestMerchant, type V1Reply } from '../support/app.ts'
import { assertBooksUntouched, ledgerDuring } from './books.ts'
import { cardFields, cardOf, newMerchantUid, newOrder } from './orders.ts'
import { assertRefused, failedOf, paidOf, paymentOf, unknownCustomer } from './replies.ts'
import { newEntry, registerCard, reserve, reserveOne, reservePath } from './reservations.ts'

const onetime = '/subscribe/payments/onetime'
const again = '/subscribe/payments/again'
const customers = '/subscribe/customers/new'

const channels = {
  /** Decides tax per payment, and rejects what EUC-KR lacks. */
  strict: { unmappable: 'reject', instalments: rule('361:none,366:2-6,*:2-3') },
  taxable: { taxMode: 'taxable', instalments: rule('none') },
  exempt: { taxMode: 'exempt' },
  verified: { allowsKeyInPlain: false },
  routeK: { cardRoute: 'K' },
} as const satisfies Record<string, Partial<NewChannel>>

type ChannelName = keyof typeof channels

let app: TestApp
const merchants = new Map<ChannelName, TestMerchant>()

before(async () => {
  app = await startTestApp()
  for (const name of Object.keys(channels) as ChannelName[]) {
    const merchant = await app.addMerchant(channels[name])
    merchants.set(name, merchant)
    await registerCard(merchant, 'shinhan', cardOf('신한카드'))
    await registerCard(merchant, 'bc', cardOf('BC카드'))
  }
})
after(() => app.close())

function rule(text: string): InstalmentRule {
  const reading = readInstalments(text)
  assert.equal(reading.kind, 'rule')
  return reading.rule
}

function call(channel: ChannelName, path: string, body: object): Promise<V1Reply> {
  return (merchants.get(channel) as TestMerchant).call('POST', path, body)
}

type Fields = Readonly<Record<string, unknown>>

const notInEucKr = (label: string) =>
  `${label}에 PG사가 지원하지 않는 문자(똠, U+B620)가 포함되어 있습니다. EUC-KR 문자만 사용할 수 있습니다.`

const vatHint = (taxable: string, vat: string, asked: string) =>
  `PG사가 부가세를 과세 금액의 1/11로 계산하므로 다른 금액은 지정할 수 없습니다. 과세 금액 ${taxable}의 부가세: ${vat}, 요청하신 부가세: ${asked}`

const mixedHint = (method: string) =>
  `${method}는 복합과세(과세·면세 혼합)를 지원하지 않습니다. 전액 과세 또는 전액 면세로만 결제할 수 있습니다. 결제 금액: 11,000원, 요청하신 면세 금액: 4,000원`

// What may stand in any order: channel, fields, parameter, the rest of the sentence.
const refusedOrders: readonly (readonly [ChannelName, Fields, string, string])[] = [
  ['strict', { name: '똠양꿍' }, 'name', notInEucKr('상품명')],
  ['strict', { name: 'a|b' }, 'name', "상품명에 제어문자나 '|' 문자는 사용할 수 없습니다."],
  ['strict', { buyer_name: '똠' }, 'buyer_name', notInEucKr('구매자명')],
  ['strict', { buyer_email: '똠@a.kr' }, 'buyer_email', notInEucKr('구매자 이메일')],
  [
    'strict',
    { amount: 49_999, card_quota: 3 },
    'card_quota',
    '할부는 50,000원 이상 결제에만 가능합니다. 요청하신 결제 금액: 49,999원, 할부: 3개월',
  ],
  [
    'exempt',
    { amount: 11_000, tax_free: 4_000 },
    'tax_free',
    '면세 전용 채널이므로 결제 금액 11,000원 전액이 면세로 처리됩니다. 요청하신 면세 금액: 4,000원',
  ],
  [
    'exempt',
    { amount: 11_000, vat_amount: 1_000 },
    'vat_amount',
    '면세 전용 채널이므로 부가세를 지정할 수 없습니다. 요청하신 부가세: 1,000원',
  ],
  [
    'taxable',
    { amount: 11_000, tax_free: 4_000 },
    'tax_free',
    '과세 전용 채널이므로 면세 금액을 지정할 수 없습니다. 요청하신 면세 금액: 4,000원',
  ],
  [
    'taxable',
    { amount: 11_000, vat_amount: 0 },
    'vat_amount',
    vatHint('11,000원', '1,000원', '0원'),
  ],
  ['strict', { amount: 11_000, vat: 500 }, 'vat_amount', vatHint('11,000원', '1,000원', '500원')],
  [
    'strict',
    { amount: 11_000, tax_free: 4_000, vat_amount: 0 },
    'vat_amount',
    vatHint('7,000원', '636원', '0원'),
  ],
]

describe('an order that cannot be carried', () => {
  for (const [channel, fields, parameter, hint] of refusedOrders) {
    test(`is refused naming ${parameter}: ${channel}, ${JSON.stringify(fields)}`, async () => {
      const key = { customer_uid: 'shinhan', merchant_uid: newMerchantUid(), amount: 60_000 }
      const requests = [
        [onetime, newOrder(fields)],
        [onetime, newOrder({ ...fields, customer_uid: 'new' })],
        [again, { ...key, ...fields }],
      ] as const
      await assertBooksUntouched(app, async () => {
        for (const [path, body] of requests) {
          const message = `파라미터 오류: ${parameter} (${hint})`
          assertRefused(await call(channel, path, body), { status: 400, code: -1, message })
        }
        const entries = [newEntry(inAnHour()), newEntry(inAnHour(), fields)]
        assertRefused(await reserve(merchants.get(channel) as TestMerchant, 'shinhan', entries), {
          status: 200,
          code: 1,
          message: `파라미터 오류: schedules[1].${parameter} (${hint})`,
        })
      })
    })
  }

  const refusedCalls: readonly (readonly [string, ChannelName, string, Fields, string])[] = [
    [
      'the merchant_uid that stands for a missing name',
      'strict',
      onetime,
      newOrder({ merchant_uid: '똠' }),
      `파라미터 오류: merchant_uid (${notInEucKr('상품명')})`,
    ],
    [
      'the merchant_uid that stands for a missing customer_uid',
      'strict',
      onetime,
      newOrder({ merchant_uid: '똠', name: '정기구독' }),
      `파라미터 오류: merchant_uid (${notInEucKr('고객 아이디')})`,
    ],
    [
      'a customer_uid',
      'strict',
      '/subscribe/customers/%EB%98%A0',
      cardFields(),
      `파라미터 오류: customer_uid (${notInEucKr('고객 아이디')})`,
    ],
    [
      'the name of a customer who registers',
      'strict',
      customers,
      { ...cardFields(), customer_name: '똠' },
      `파라미터 오류: customer_name (${notInEucKr('구매자명')})`,
    ],
    [
      'the address of a customer who registers',
      'strict',
      customers,
      { ...cardFields(), customer_email: 'a|b@c.kr' },
      "파라미터 오류: customer_email (구매자 이메일에 제어문자나 '|' 문자는 사용할 수 없습니다.)",
    ],
    [
      'a card number by its length alone',
      'strict',
      customers,
      cardFields('1'.repeat(17)),
      '파라미터 오류: card_number (유효하지않은 카드번호를 입력하셨습니다. 카드번호는 최대 16자리 숫자입니다. 입력하신 값: 17자리)',
    ],
    [
      'a birth without repeating it',
      'strict',
      onetime,
      newOrder({ birth: '19820213' }),
      '파라미터 오류: birth (생년월일(사업자번호) 값이 올바르지 않습니다. 올바른 형식: 생년월일 6자리 또는 사업자번호 10자리 숫자)',
    ],
    [
      'a password without repeating it',
      'strict',
      customers,
      { ...cardFields(), pwd_2digit: '123' },
      '파라미터 오류: pwd_2digit (카드 비밀번호 값이 올바르지 않습니다. 올바른 형식: 앞 2자리 숫자)',
    ],
    [
      'what a contract for key-in with birth and password misses',
      'verified',
      onetime,
      newOrder({ pwd_2digit: undefined }),
      '파라미터 누락: pwd_2digit',
    ],
    [
      'a part tax-free of a key-in payment',
      'strict',
      onetime,
      newOrder({ amount: 11_000, tax_free: 4_000 }),
      `파라미터 오류: tax_free (${mixedHint('키인결제')})`,
    ],
    [
      'a part tax-free of a payment through KCP',
      'routeK',
      again,
      { customer_uid: 'shinhan', merchant_uid: 'k', amount: 11_000, tax_free: 4_000 },
      `파라미터 오류: tax_free (${mixedHint('KCP 경유(K) 채널의 빌링키 결제')})`,
    ],
  ]
  for (const [what, channel, path, body, message] of refusedCalls) {
    test(`is refused naming ${what}`, async () => {
      const reply = await assertBooksUntouched(app, () => call(channel, path, body))
      assertRefused(reply, { status: 400, code: -1, message })
    })
  }
})

describe('months of instalments', () => {
  const order = (customerUid: string, months: number) => ({
    customer_uid: customerUid,
    merchant_uid: newMerchantUid(),
    amount: 60_000,
    card_quota: months,
  })

  test('are those of the key’s card company', async () => {
    const paid = paidOf(await call('strict', again, order('shinhan', 6)))
    assert.equal(paid.card_quota, 6)
    const refusals = [
      ['shinhan', 12, '이 채널에서 신한카드 할부는 2~6개월만 가능합니다. 요청하신 할부: 12개월'],
      [
        'bc',
        2,
        '이 채널에서는 BC카드 할부를 이용할 수 없습니다. 일시불(0)로 요청해 주세요. 요청하신 할부: 2개월',
      ],
    ] as const
    for (const [uid, months, hint] of refusals) {
      const reply = await assertBooksUntouched(app, () => call('strict', again, order(uid, months)))
      const message = `파라미터 오류: card_quota (${hint})`
      assertRefused(reply, { status: 400, code: -1, message })
      const entry = newEntry(inAnHour(), { amount: 60_000, card_quota: months })
      assertRefused(await reserve(merchants.get('strict') as TestMerchant, uid, [entry]), {
        status: 200,
        code: 1,
        message: `파라미터 오류: schedules[0].card_quota (${hint})`,
      })
    }
  })

  test('of a card that is typed are those of any company, and the gateway judges the rest', async () => {
    const bc = cardFields(cardOf('BC카드'))
    paidOf(await call('strict', onetime, newOrder({ ...bc, amount: 60_000, card_quota: 6 })))
    for (const fields of [{}, { customer_uid: 'new' }]) {
      const typed = newOrder({ amount: 60_000, card_quota: 7, ...fields })
      const reply = await assertBooksUntouched(app, () => call('strict', onetime, typed))
      assertRefused(reply, {
        status: 400,
        code: -1,
        message:
          '파라미터 오류: card_quota (이 채널에서 할부는 2~6개월만 가능합니다. 요청하신 할부: 7개월)',
      })
    }
  })

  test('are held against the company once a key says which it is, and nothing is charged', async () => {
    const typed = newOrder({
      ...cardFields(cardOf('BC카드')),
      customer_uid: 'issued',
      amount: 60_000,
      card_quota: 3,
    })
    const { result: reply, entries } = await ledgerDuring(app, () => call('strict', onetime, typed))
    const message =
      '파라미터 오류: card_quota (이 채널에서는 BC카드 할부를 이용할 수 없습니다. 일시불(0)로 요청해 주세요. 요청하신 할부: 3개월)'
    assertRefused(reply, { status: 200, code: -1, message })
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ['key_issue'],
    )
    const merchant = merchants.get('strict') as TestMerchant
    const found = await merchant.call('GET', `/payments/find/${typed.merchant_uid}/failed`)
    assert.equal(failedOf(found).fail_reason, message)
    assertRefused(
      await merchant.call('GET', '/subscribe/customers/issued'),
      unknownCustomer('issued'),
    )
    // The same merchant_uid may be used for a lump sum.
    paidOf(await call('strict', onetime, { ...typed, card_quota: 0 }))
  })

  test('of a reservation with a new card are held against the company, and none is stored', async () => {
    const merchant = merchants.get('strict') as TestMerchant
    const entries = [newEntry(inAnHour()), newEntry(inAnHour(), { amount: 60_000, card_quota: 3 })]
    const reply = await reserve(merchant, 'late', entries, cardFields(cardOf('BC카드')))
    assertRefused(reply, {
      status: 200,
      code: 1,
      message: /^파라미터 오류: schedules\[1\]\.card_quota \(이 채널에서는 BC카드 할부를/,
    })
    for (const { merchant_uid: uid } of entries) {
      assert.equal((await merchant.call('GET', `${reservePath}/${uid}`)).status, 404)
    }
  })

  test('0 and 1 are a lump sum, whatever the channel takes', async () => {
    for (const months of [0, 1]) {
      const paid = paidOf(await call('taxable', again, order('bc', months)))
      assert.equal(paid.card_quota, 0)
      assert.equal((await sentFor(paid.imp_uid))['QUOTA'], '00')
    }
    const refused = await call('taxable', onetime, newOrder({ amount: 60_000, card_quota: 2 }))
    assertRefused(refused, {
      status: 400,
      code: -1,
      message:
        '파라미터 오류: card_quota (이 채널에서는 할부를 이용할 수 없습니다. 일시불(0)로 요청해 주세요. 요청하신 할부: 2개월)',
    })
  })
})

describe('the tax that is carried', () => {
  const taken: readonly (readonly [ChannelName, Fields, string])[] = [
    ['exempt', {}, '01'],
    ['exempt', { tax_free: 11_000 }, '01'],
    ['exempt', { vat_amount: 0 }, '01'],
    ['taxable', { vat_amount: 1_000 }, '00'],
    ['taxable', { tax_free: 0 }, '00'],
    ['strict', { vat_amount: 1_000 }, '00'],
    ['strict', { vat_amount: 0 }, '01'],
    ['strict', { tax_free: 11_000 }, '01'],
    ['strict', { tax_free: 4_000 }, '02'],
    ['strict', { tax_free: 4_000, vat_amount: 637 }, '02'],
  ]
  for (const [channel, fields, code] of taken) {
    test(`is ${code} on a channel that is ${channel} for ${JSON.stringify(fields)}`, async () => {
      const paid = paidOf(
        await call(channel, again, {
          customer_uid: 'shinhan',
          merchant_uid: newMerchantUid(),
          amount: 11_000,
          ...fields,
        }),
      )
      const sent = await sentFor(paid.imp_uid)
      assert.equal(sent['TAXFREECD'], code)
      assert.equal(sent['PRODUCTCODE'], code === '02' ? '4000' : '0')
      // It can be given back in parts, whatever its tax.
      const merchant = merchants.get(channel) as TestMerchant
      const cancel = { imp_uid: paid.imp_uid, amount: 1_000 }
      const cancelled = paymentOf(await merchant.call('POST', '/payments/cancel', cancel))
      assert.equal(cancelled.cancel_amount, 1_000)
    })
  }
})

test('a reservation that fits is taken, and a customer without a key is told of first', async () => {
  const merchant = merchants.get('strict') as TestMerchant
  const fits = { amount: 60_000, tax_free: 900, card_quota: 6, name: '정기구독' }
  await reserveOne(merchant, 'shinhan', newEntry(inAnHour(), fits))
  const unknown = await reserve(merchant, 'nobody', [newEntry(inAnHour(), { vat_amount: 1 })])
  assertRefused(unknown, { status: 200, code: 1, message: '등록된 고객정보가 없습니다.' })
})

/** What went to the gateway for a payment. */
async function sentFor(impUid: string): Promise<Readonly<Record<string, string>>> {
  const statement = adHocSql(
    `select record->'execute'->'request' as "request" from exchanges
     where imp_uid = $1 and purpose = 'charge'`,
  )
  const { rows } = await app.parts.db.query<{ request: Record<string, string> }>(statement, [
    impUid,
  ])
  assert.equal(rows.length, 1)
  return rows[0]?.request ?? {}
}

function inAnHour(): number {
  return Math.floor(Date.now() / 1000) + 3600
}
