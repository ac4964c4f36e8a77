import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { passesLuhn } from './card-check.ts'
import { syntheticContracts } from './contracts.ts'
import { resultNames, resultOf } from './result-codes.ts'
import { defaultSettings } from './settings.ts'
import {
  cardFaultNames,
  declineNames,
  guideCardNumber,
  issuerBins,
  testCards,
} from './test-cards.ts'
import { eucKrLength } from './wire-decoding.ts'

describe('the test cards', () => {
  it('all pass the Luhn check, except the guide card', () => {
    for (const { number } of testCards) {
      assert.equal(passesLuhn(number), number !== guideCardNumber, number)
    }
    for (const { approvingNumber } of issuerBins) assert.ok(passesLuhn(approvingNumber))
  })

  it('are told apart by their last four digits', () => {
    assert.equal(new Set(testCards.map(({ number }) => number.slice(-4))).size, testCards.length)
  })

  it('cover every fault and every decline but the one any bad number gives', () => {
    const shown = new Set(testCards.map((card) => card.atCharge))
    for (const name of [...cardFaultNames, ...declineNames]) {
      assert.equal(shown.has(name), name !== 'invalid_number', name)
    }
  })

  it('are plainly synthetic: nine, a standard code, zeros and an ending', () => {
    for (const { number } of testCards.filter((card) => card.number !== guideCardNumber)) {
      assert.match(number, /^93660{6}[0-9]0[0-9]{4}$/)
    }
  })
})

describe('the contracts', () => {
  it('have link keys of 64 lower-case hex characters, each its own', () => {
    for (const { cpid, linkKey } of syntheticContracts) {
      assert.match(cpid, /^CTS000[0-9]{2}$|^CTS00[0-9]{3}$/)
      assert.match(linkKey, /^[0-9a-f]{64}$/)
    }
    assert.equal(
      new Set(syntheticContracts.map(({ linkKey }) => linkKey)).size,
      syntheticContracts.length,
    )
  })
})

describe('the result codes', () => {
  it('are unique, and every text is one EUC-KR can carry', () => {
    const results = resultNames.map((name) => resultOf(name, defaultSettings))
    assert.equal(new Set(results.map(({ code }) => code)).size, results.length)
    for (const { code, message } of results) {
      assert.match(code, /^([0-9]{4}|S[0-9]{3})$/)
      assert.ok(eucKrLength(message) !== null, message)
    }
  })
})
