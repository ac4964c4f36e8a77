import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import { Secret } from '../../primitives/secret.ts'
import type { CardInput, ChargeCardRequest, GatewayContract, Refusal } from '../gateway.ts'
import {
  payMethodsOf,
  type Preparation,
  prepareCancel,
  prepareChargeBillingKey,
  prepareChargeCard,
  prepareIssue,
} from './requests.ts'

const contract: GatewayContract = {
  contractId: 'CTS00001',
  linkKey: new Secret('0'.repeat(64)),
  baseUrl: 'https://apitest.payjoa.co.kr',
  productType: 'digital',
  cardRoute: 'D',
  allowsKeyInPlain: true,
  allowsKeyInVerified: true,
  allowsBilling: true,
  unmappable: 'reject',
}

const order = {
  orderNumber: 'imps_123456789012',
  productName: '정기구독',
  buyerName: null,
  buyerEmail: null,
  userId: 'customer-1',
  buyerIp: '192.0.2.1',
}

const taxable = { mode: 'taxable', taxFreeWon: 0 } as const

function card(extra: { birth?: string; password?: string } = {}): CardInput {
  return {
    number: new Secret('1234123412341234'),
    expiry: new Secret('203012'),
    birth: extra.birth === undefined ? null : new Secret(extra.birth),
    passwordTwoDigits: extra.password === undefined ? null : new Secret(extra.password),
  }
}

const verifiedCard = card({ birth: '820213', password: '47' })

function keyIn(change: Partial<ChargeCardRequest> = {}): ChargeCardRequest {
  return { order, card: card(), amountWon: 1_000, instalmentMonths: 0, tax: taxable, ...change }
}

function fieldsOf(preparation: Preparation): Readonly<Record<string, string>> {
  assert.equal(preparation.kind, 'prepared')
  return preparation.fields
}

function refusalOf(preparation: Preparation): Refusal {
  assert.notEqual(preparation.kind, 'prepared')
  return preparation as Refusal
}

function malformedPart(preparation: Preparation): string {
  const refusal = refusalOf(preparation)
  assert.equal(refusal.kind, 'malformed')
  return refusal.part
}

const byKey = {
  order,
  gatewayKey: new Secret('C2025KABCDEFG'),
  amountWon: 1_000,
  instalmentMonths: 0,
  tax: taxable,
}

describe('key-in requests', () => {
  it('go as BILLTYPE 13 with birth and password where the contract allows it', () => {
    const fields = fieldsOf(prepareChargeCard(contract, keyIn({ card: verifiedCard })))
    assert.equal(fields['BILLTYPE'], '13')
    assert.equal(fields['CARDAUTH'], '820213')
    assert.equal(fields['CARDPASSWORD'], '47')
  })

  it('go as BILLTYPE 18 with card and expiry alone, whatever else was typed', () => {
    const plainOnly = { ...contract, allowsKeyInVerified: false }
    for (const [rules, given] of [
      [contract, card()],
      [contract, card({ birth: '820213' })],
      [plainOnly, verifiedCard],
    ] as const) {
      assert.deepEqual(fieldsOf(prepareChargeCard(rules, keyIn({ card: given }))), {
        CPID: 'CTS00001',
        PAYMETHOD: 'CARD-SUGI',
        ORDERNO: 'imps_123456789012',
        BILLTYPE: '18',
        AMOUNT: '1000',
        PRODUCTNAME: '정기구독',
        IPADDRESS: '192.0.2.1',
        USERID: 'customer-1',
        CARDNO: '1234123412341234',
        EXPIREDT: '203012',
        QUOTA: '00',
        TAXFREECD: '00',
        PRODUCTTYPE: '1',
      })
    }
  })

  it('name what is missing when the contract knows BILLTYPE 13 only', () => {
    const verifiedOnly = { ...contract, allowsKeyInPlain: false }
    const missing = (given: CardInput): readonly string[] => {
      const refusal = refusalOf(prepareChargeCard(verifiedOnly, keyIn({ card: given })))
      assert.equal(refusal.kind, 'missing')
      return refusal.parts
    }
    assert.deepEqual(missing(card({ birth: '820213' })), ['card_password'])
    assert.deepEqual(missing(card()), ['card_birth', 'card_password'])
  })

  it('are not contracted where neither is allowed', () => {
    const none = { ...contract, allowsKeyInPlain: false, allowsKeyInVerified: false }
    assert.equal(refusalOf(prepareChargeCard(none, keyIn())).kind, 'not_contracted')
  })

  it('refuse instalments under 50,000 won and months beyond 12', () => {
    const quota = (amountWon: number, instalmentMonths: number): Preparation =>
      prepareChargeCard(contract, keyIn({ amountWon, instalmentMonths }))
    assert.equal(
      refusalOf(quota(49_999, 2)).message,
      '할부는 50,000원 이상 결제에만 가능합니다. 요청하신 결제 금액: 49,999원, 할부: 2개월',
    )
    assert.equal(fieldsOf(quota(50_000, 2))['QUOTA'], '02')
    assert.equal(fieldsOf(quota(50_000, 12))['QUOTA'], '12')
    assert.equal(fieldsOf(quota(1_000, 1))['QUOTA'], '00')
    for (const months of [13, -1, 2.5, Number.NaN]) {
      assert.equal(malformedPart(quota(50_000, months)), 'instalments')
    }
  })

  it('refuse an amount that is not one to ten digits of whole won', () => {
    const notWon = fc.oneof(
      fc.constantFrom(0, -1, 10_000_000_000, Number.NaN, Infinity, 0.5),
      fc.double({ min: 0.01, max: 1e9, noInteger: true }),
    )
    fc.assert(
      fc.property(notWon, (amountWon) => {
        assert.equal(malformedPart(prepareChargeCard(contract, keyIn({ amountWon }))), 'amount')
      }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999_999 }), (amountWon) => {
        const { AMOUNT } = fieldsOf(prepareChargeCard(contract, keyIn({ amountWon }))) as {
          AMOUNT: string
        }
        assert.match(AMOUNT, /^[1-9]\d{0,9}$/)
        assert.equal(Number(AMOUNT), amountWon)
      }),
    )
  })

  it('refuse mixed tax, for which no field is known, and carry exempt', () => {
    const mixed = keyIn({ tax: { mode: 'mixed', taxFreeWon: 500 } })
    assert.equal(malformedPart(prepareChargeCard(contract, mixed)), 'tax_free')
    const exempt = keyIn({ tax: { mode: 'exempt', taxFreeWon: 1_000 } })
    assert.equal(fieldsOf(prepareChargeCard(contract, exempt))['TAXFREECD'], '01')
  })

  it('refuse a link key that would break the header it travels in', () => {
    const broken = { ...contract, linkKey: new Secret('abc\r\nX: y') }
    assert.equal(refusalOf(prepareChargeCard(broken, keyIn())).kind, 'bad_setting')
  })
})

describe('billing requests', () => {
  it('issue a key with AMOUNT 0 and no charge', () => {
    const fields = fieldsOf(prepareIssue(contract, { order, card: verifiedCard }))
    const expected = {
      PAYMETHOD: 'CARD-KEYGEN',
      BILLTYPE: '14',
      AMOUNT: '0',
      DIRECT_YN: 'N',
      QUOTA: '00',
      TAXFREECD: '00',
      CARDAUTH: '820213',
      CARDPASSWORD: '47',
      PRODUCTCODE: '0',
    }
    for (const [name, value] of Object.entries(expected)) assert.equal(fields[name], value, name)
  })

  it('leave the password out of CARDK-KEYGEN', () => {
    const routeK = { ...contract, cardRoute: 'K' as const }
    const fields = fieldsOf(prepareIssue(routeK, { order, card: verifiedCard }))
    assert.equal(fields['PAYMETHOD'], 'CARDK-KEYGEN')
    assert.equal('CARDPASSWORD' in fields, false)
    assert.equal(fields['CARDAUTH'], '820213')
  })

  it('carry the tax-free part of a mixed CARD-BATCH in PRODUCTCODE', () => {
    const mixed = { ...byKey, tax: { mode: 'mixed', taxFreeWon: 300 } } as const
    const fields = fieldsOf(prepareChargeBillingKey(contract, mixed))
    assert.equal(fields['TAXFREECD'], '02')
    assert.equal(fields['PRODUCTCODE'], '300')
    const routeK = { ...contract, cardRoute: 'K' as const }
    assert.equal(malformedPart(prepareChargeBillingKey(routeK, mixed)), 'tax_free')
    const over = { ...byKey, tax: { mode: 'mixed', taxFreeWon: 1_001 } } as const
    assert.equal(malformedPart(prepareChargeBillingKey(contract, over)), 'tax_free')
  })

  it('are not contracted without billing', () => {
    const none = { ...contract, allowsBilling: false }
    assert.equal(refusalOf(prepareChargeBillingKey(none, byKey)).kind, 'not_contracted')
    assert.equal(
      refusalOf(prepareIssue(none, { order, card: verifiedCard })).kind,
      'not_contracted',
    )
    assert.deepEqual(payMethodsOf(none), ['CARD-SUGI'])
  })
})

describe('cancel requests', () => {
  const cancel = {
    transactionId: 'CTS25010112000012345',
    takenBy: 'key_in',
    amountWon: 500,
    taxFreeWon: 0,
    reason: '고객 요청',
  } as const

  it('name the method that took the money', () => {
    const methodOf = (cardRoute: 'D' | 'K', takenBy: 'key_in' | 'billing_key'): unknown =>
      fieldsOf(prepareCancel({ ...contract, cardRoute }, { ...cancel, takenBy }))['PAYMETHOD']
    assert.equal(methodOf('D', 'key_in'), 'CARD')
    assert.equal(methodOf('K', 'key_in'), 'CARDK')
    assert.equal(methodOf('D', 'billing_key'), 'CARD-BATCH')
    assert.equal(methodOf('K', 'billing_key'), 'CARDK-BATCH')
  })

  it('carry the tax-free part, and refuse one above the amount', () => {
    const fields = fieldsOf(prepareCancel(contract, { ...cancel, taxFreeWon: 500 }))
    assert.deepEqual(fields, {
      CPID: 'CTS00001',
      PAYMETHOD: 'CARD',
      CANCELREQ: 'Y',
      TRXID: 'CTS25010112000012345',
      AMOUNT: '500',
      TAXFREEAMT: '500',
      CANCELREASON: '고객 요청',
    })
    assert.equal(malformedPart(prepareCancel(contract, { ...cancel, taxFreeWon: 501 })), 'tax_free')
    assert.equal(malformedPart(prepareCancel(contract, { ...cancel, amountWon: 0 })), 'amount')
  })

  it('are never refused for what the contract sells', () => {
    const ended = {
      ...contract,
      allowsBilling: false,
      allowsKeyInPlain: false,
      allowsKeyInVerified: false,
    }
    assert.equal(prepareCancel(ended, cancel).kind, 'prepared')
  })
})
