import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import {
  anyInstalments,
  instalmentFaultOf,
  type InstalmentRule,
  monthsAllowed,
  readInstalments,
  showInstalments,
} from './instalment-rule.ts'

function ruleOf(text: string): InstalmentRule {
  const reading = readInstalments(text)
  assert.equal(reading.kind, 'rule', text)
  return reading.rule
}

const unknown = { cardCode: null, cardName: null }
const shinhan = { cardCode: '366', cardName: '신한카드' }
const samsung = { cardCode: '365', cardName: '삼성카드' }
const savingsBank = { cardCode: null, cardName: '저축은행카드' }

const monthSet = fc
  .uniqueArray(fc.integer({ min: 2, max: 12 }))
  .map((list) => list.toSorted((a, b) => a - b))
const code = fc.stringMatching(/^[0-9A-Z]{3}$/)
const anyRule: fc.Arbitrary<InstalmentRule> = fc.record(
  { others: monthSet, byCompany: fc.dictionary(code, monthSet, { noNullPrototype: true }) },
  { noNullPrototype: true },
)

describe('reading a rule of instalments', () => {
  it('gives back every rule as it was shown', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        assert.deepEqual(ruleOf(showInstalments(rule)), rule)
      }),
    )
  })

  it('takes one set for all cards, ranges, single months and blanks', () => {
    assert.deepEqual(ruleOf('2-12'), anyInstalments)
    assert.deepEqual(ruleOf('none'), { others: [], byCompany: {} })
    assert.deepEqual(ruleOf(' 6, 2-3 ,3'), { others: [2, 3, 6], byCompany: {} })
    assert.deepEqual(ruleOf('*:2-3'), { others: [2, 3], byCompany: {} })
  })

  it('takes sets by card company, a part without a colon belonging to the one before it', () => {
    assert.deepEqual(ruleOf('361:2-3,6,366:none,*:2'), {
      others: [2],
      byCompany: { '361': [2, 3, 6], '366': [] },
    })
  })

  it('refuses what is no rule, and says what of it', () => {
    const refusals = [
      ['', /'' are no months/],
      ['1-3', /1-3/],
      ['2-13', /2-13/],
      ['6-2', /6-2/],
      ['0', /'0'/],
      ['all', /'all'/],
      ['2-12,', /'' are no months/],
      ['2.5', /2\.5/],
      ['2-3,none', /'none' are no months/],
      ['none,2-3', /'none' are no months/],
      ['361:2-6', /other card companies/],
      ['shinhan:2-6,*:2', /'shinhan' is no card company/],
      [':2-6,*:2', /'' is no card company/],
      ['361:2,361:3,*:2', /361 is named twice/],
      ['2-3,*:2', /\* is named twice/],
      ['361:2:3,*:2', /'361:2' is no|'2:3' are no months/],
    ] as const
    for (const [text, words] of refusals) {
      const reading = readInstalments(text)
      assert.equal(reading.kind, 'malformed', text)
      assert.match(reading.message, words)
    }
  })

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789-,:* none361'), maxLength: 20 }),
        (text) => {
          const reading = readInstalments(text)
          if (reading.kind === 'rule')
            assert.deepEqual(ruleOf(showInstalments(reading.rule)), reading.rule)
        },
      ),
    )
  })
})

describe('the months a card may pay in', () => {
  it('are those of its company where it is named, else those of the others', () => {
    const rule = ruleOf('366:2-12,*:2-3')
    assert.equal(instalmentFaultOf(rule, 12, shinhan), null)
    assert.equal(
      instalmentFaultOf(rule, 12, samsung),
      '이 채널에서 삼성카드 할부는 2~3개월만 가능합니다. 요청하신 할부: 12개월',
    )
    assert.notEqual(instalmentFaultOf(rule, 4, savingsBank), null)
  })

  it('are those of any company while it is not known', () => {
    const rule = ruleOf('361:none,366:5-6,*:2-3')
    assert.deepEqual(monthsAllowed(rule, unknown), [2, 3, 5, 6])
    assert.equal(instalmentFaultOf(rule, 6, unknown), null)
    assert.equal(
      instalmentFaultOf(rule, 4, unknown),
      '이 채널에서 할부는 2~3, 5~6개월만 가능합니다. 요청하신 할부: 4개월',
    )
  })

  it('may be none, and a lump sum is always taken', () => {
    const rule = ruleOf('none')
    assert.equal(
      instalmentFaultOf(rule, 3, shinhan),
      '이 채널에서는 신한카드 할부를 이용할 수 없습니다. 일시불(0)로 요청해 주세요. 요청하신 할부: 3개월',
    )
    for (const months of [0, 1]) assert.equal(instalmentFaultOf(rule, months, shinhan), null)
  })

  it('are never fewer for an unknown company than for any known one, and 2 to 12 at most', () => {
    const anyCard = fc.constantFrom(shinhan, samsung, savingsBank)
    fc.assert(
      fc.property(anyRule, anyCard, fc.integer({ min: 0, max: 99 }), (rule, card, months) => {
        const fault = instalmentFaultOf(rule, months, card)
        if (fault === null) assert.equal(instalmentFaultOf(rule, months, unknown), null)
        assert.equal(fault === null, months < 2 || monthsAllowed(rule, card).includes(months))
        if (fault !== null) assert.ok(fault.includes(`${months}개월`))
        if (months > 12) assert.notEqual(fault, null)
      }),
    )
  })
})
