import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import { type OrderTax, taxFaultOf, taxSplitOf } from './tax-split.ts'

function order(amountWon: number, taxFreeWon = 0, vatWon: number | null = null): OrderTax {
  return { amountWon, taxFreeWon, vatWon }
}

const taxable = { mode: 'taxable', taxFreeWon: 0 }
const exempt = { mode: 'exempt', taxFreeWon: 11_000 }

describe('a channel that decides per payment', () => {
  const accepted = [
    ['nothing said', order(11_000), taxable],
    ['the tax as it is', order(11_000, 0, 1_000), taxable],
    ['a part tax-free', order(11_000, 4_000), { mode: 'mixed', taxFreeWon: 4_000 }],
    [
      'a part tax-free with its tax',
      order(11_000, 4_000, 636),
      { mode: 'mixed', taxFreeWon: 4_000 },
    ],
    ['all tax-free', order(11_000, 11_000), exempt],
    ['all tax-free, no tax', order(11_000, 11_000, 0), exempt],
    ['zero-rated', order(11_000, 0, 0), exempt],
    ['too little for a won of tax', order(10, 0, 0), taxable],
    [
      'too little beside the tax-free part',
      order(11_000, 10_995, 0),
      { mode: 'mixed', taxFreeWon: 10_995 },
    ],
  ] as const
  for (const [name, asked, split] of accepted) {
    it(`carries ${name}`, () => {
      assert.equal(taxFaultOf(asked, 'per_payment'), null)
      assert.deepEqual(taxSplitOf(asked, 'per_payment'), split)
    })
  }

  it('takes a tax that is rounded down or up, and none beyond', () => {
    for (const vatWon of [272, 273]) {
      assert.equal(taxFaultOf(order(3_000, 0, vatWon), 'per_payment'), null)
    }
    for (const vatWon of [271, 274, 300, 3_000]) {
      assert.equal(taxFaultOf(order(3_000, 0, vatWon), 'per_payment')?.parameter, 'vat_amount')
    }
    assert.notEqual(taxFaultOf(order(11_000, 0, 999), 'per_payment'), null)
    assert.notEqual(taxFaultOf(order(11_000, 0, 1_001), 'per_payment'), null)
  })

  it('refuses a zero-rated rest beside a tax-free part, which would be taxed', () => {
    assert.equal(taxFaultOf(order(11_000, 4_000, 0), 'per_payment')?.parameter, 'vat_amount')
  })
})

describe('a channel for taxable goods', () => {
  it('takes all as taxable, and refuses a tax-free part and a zero rate', () => {
    assert.equal(taxFaultOf(order(11_000, 0, 1_000), 'taxable'), null)
    assert.deepEqual(taxSplitOf(order(11_000), 'taxable'), taxable)
    assert.deepEqual(taxFaultOf(order(11_000, 4_000), 'taxable'), {
      parameter: 'tax_free',
      message: '과세 전용 채널이므로 면세 금액을 지정할 수 없습니다. 요청하신 면세 금액: 4,000원',
    })
    assert.equal(taxFaultOf(order(11_000, 11_000), 'taxable')?.parameter, 'tax_free')
    assert.deepEqual(taxFaultOf(order(11_000, 0, 0), 'taxable'), {
      parameter: 'vat_amount',
      message:
        'PG사가 부가세를 과세 금액의 1/11로 계산하므로 다른 금액은 지정할 수 없습니다. 과세 금액 11,000원의 부가세: 1,000원, 요청하신 부가세: 0원',
    })
  })
})

describe('a channel for exempt goods', () => {
  it('takes all as exempt, said or not, and refuses a part and a tax', () => {
    for (const asked of [order(11_000), order(11_000, 11_000), order(11_000, 0, 0)]) {
      assert.equal(taxFaultOf(asked, 'exempt'), null)
      assert.deepEqual(taxSplitOf(asked, 'exempt'), exempt)
    }
    assert.equal(taxFaultOf(order(11_000, 4_000), 'exempt')?.parameter, 'tax_free')
    assert.equal(taxFaultOf(order(11_000, 0, 1_000), 'exempt')?.parameter, 'vat_amount')
  })
})

describe('what is not refused', () => {
  const anyOrder = fc
    .tuple(fc.integer({ min: 1, max: 9_999_999_999 }), fc.integer({ min: 0, max: 100 }))
    .chain(([amountWon, percent]) => {
      const taxFreeWon = Math.round((amountWon * percent) / 100)
      const exact = Math.floor((amountWon - taxFreeWon) / 11)
      return fc.record({
        amountWon: fc.constant(amountWon),
        taxFreeWon: fc.constantFrom(0, taxFreeWon, amountWon),
        vatWon: fc.constantFrom(
          null,
          0,
          exact,
          exact + 1,
          Math.floor(amountWon / 11),
          Math.floor(amountWon / 10),
        ),
      })
    })

  it('is taken by the gateway as it was meant', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(
        anyOrder,
        fc.constantFrom('taxable', 'exempt', 'per_payment'),
        (asked, taxMode) => {
          const { amountWon, taxFreeWon, vatWon } = asked
          const split = taxSplitOf(asked, taxMode)
          if (taxFaultOf(asked, taxMode) !== null) return
          seen.add(`${taxMode} ${split.mode}`)
          assert.ok(split.taxFreeWon >= 0 && split.taxFreeWon <= amountWon)
          // What PAYJOA makes of the split is, to the won, the tax that was asked for.
          const taxableWon = amountWon - split.taxFreeWon
          if (vatWon !== null) assert.ok(Math.abs(vatWon - taxableWon / 11) < 1)
          // A tax-free part that was named is the one it is told, but for the zero rate.
          if (taxFreeWon > 0) assert.equal(split.taxFreeWon, taxFreeWon)
          if (split.mode === 'taxable') assert.equal(split.taxFreeWon, 0)
        },
      ),
      { numRuns: 2_000 },
    )
    const kinds = [
      'taxable taxable',
      'exempt exempt',
      'per_payment taxable',
      'per_payment exempt',
      'per_payment mixed',
    ]
    assert.deepEqual([...seen].sort(), kinds.sort())
  })
})
