import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import { Secret } from '../../primitives/secret.ts'
import type { CardInput, ChargeCardRequest, GatewayContract } from '../gateway.ts'
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

function refusalOf(preparation: Preparation): { cause: string; message: string } {
  assert.equal(preparation.kind, 'unsent')
  return preparation
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
    const missing = (given: CardInput): string =>
      refusalOf(prepareChargeCard(verifiedOnly, keyIn({ card: given }))).message
    assert.equal(missing(card({ birth: '820213' })), '파라미터 누락: pwd_2digit')
    assert.equal(missing(card()), '파라미터 누락: birth, pwd_2digit')
  })

  it('are not contracted where neither is allowed', () => {
    const none = { ...contract, allowsKeyInPlain: false, allowsKeyInVerified: false }
    assert.equal(refusalOf(prepareChargeCard(none, keyIn())).cause, 'not_contracted')
  })

  it('refuse instalments under 50,000 won and months beyond 12', () => {
    const quota = (amountWon: number, instalmentMonths: number): Preparation =>
      prepareChargeCard(contract, keyIn({ amountWon, instalmentMonths }))
    assert.match(refusalOf(quota(49_999, 2)).message, /50,000원/)
    assert.equal(fieldsOf(quota(50_000, 2))['QUOTA'], '02')
    assert.equal(fieldsOf(quota(50_000, 12))['QUOTA'], '12')
    assert.equal(fieldsOf(quota(1_000, 1))['QUOTA'], '00')
    for (const months of [13, -1, 2.5, Number.NaN]) {
      assert.match(refusalOf(quota(50_000, months)).message, /QUOTA/)
    }
  })

  it('refuse an amount that is not one to ten digits of whole won', () => {
    const notWon = fc.oneof(
      fc.constantFrom(0, -1, 10_000_000_000, Number.NaN, Infinity, 0.5),
      fc.double({ min: 0.01, max: 1e9, noInteger: true }),
    )
    fc.assert(
      fc.property(notWon, (amountWon) => {
        assert.match(refusalOf(prepareChargeCard(contract, keyIn({ amountWon }))).message, /AMOUNT/)
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
    assert.match(refusalOf(prepareChargeCard(contract, mixed)).message, /복합과세/)
    const exempt = keyIn({ tax: { mode: 'exempt', taxFreeWon: 1_000 } })
    assert.equal(fieldsOf(prepareChargeCard(contract, exempt))['TAXFREECD'], '01')
  })

  it('refuse a link key that would break the header it travels in', () => {
    const broken = { ...contract, linkKey: new Secret('abc\r\nX: y') }
    assert.match(refusalOf(prepareChargeCard(broken, keyIn())).message, /결제연동키/)
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
    assert.match(refusalOf(prepareChargeBillingKey(routeK, mixed)).message, /복합과세/)
    const over = { ...byKey, tax: { mode: 'mixed', taxFreeWon: 1_001 } } as const
    assert.equal(refusalOf(prepareChargeBillingKey(contract, over)).cause, 'preflight')
  })

  it('are not contracted without billing', () => {
    const none = { ...contract, allowsBilling: false }
    assert.equal(refusalOf(prepareChargeBillingKey(none, byKey)).cause, 'not_contracted')
    assert.equal(
      refusalOf(prepareIssue(none, { order, card: verifiedCard })).cause,
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
    assert.equal(
      refusalOf(prepareCancel(contract, { ...cancel, taxFreeWon: 501 })).cause,
      'preflight',
    )
    assert.match(refusalOf(prepareCancel(contract, { ...cancel, amountWon: 0 })).message, /AMOUNT/)
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
