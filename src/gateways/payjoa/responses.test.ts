import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'
import iconv from 'iconv-lite'

import { issuerOf } from './issuers.ts'
import { createMask } from './masking.ts'
import {
  type ExecuteAnswer,
  kstInstant,
  readCancelAnswer,
  readChargeAnswer,
  readIssueAnswer,
  toExecuteAnswer,
} from './responses.ts'

const token = 'a1b2c3d4e5f6'
const expected = {
  token,
  amountWon: 3_000,
  orderNumber: 'order-1',
  mask: createMask({ CARDNO: '1234123412341234', CARDAUTH: '820213' }, [token]),
}

const approval = {
  RESULTCODE: '0000',
  ERRORMESSAGE: '정상 처리 되었습니다.',
  TOKEN: token,
  DAOUTRX: 'cTS25120112000012345',
  ORDERNO: 'order-1',
  AMOUNT: '3000',
  AUTHNO: '12345678',
  AUTHDATE: '20251201120001',
  CARDCODE: 'CCLG',
}

function answerOf(fields: object, status = 200): ExecuteAnswer {
  return bytesOf(iconv.encode(JSON.stringify(fields), 'cp949'), status)
}

function bytesOf(body: Buffer, status = 200, contentType: string | null = null): ExecuteAnswer {
  return toExecuteAnswer({ kind: 'answered', status, contentType, body })
}

function charge(change: object, status = 200) {
  return readChargeAnswer(answerOf({ ...approval, ...change }, status), expected)
}

describe('the answer to a charge', () => {
  it('approves when every mark of success agrees', () => {
    assert.deepEqual(charge({}), {
      kind: 'approved',
      transactionId: 'cTS25120112000012345',
      approvalNumber: '12345678',
      approvedAtMs: Date.UTC(2025, 11, 1, 3, 0, 1),
      issuer: { code: '366', name: '신한카드' },
    })
    const bare = charge({ AUTHNO: undefined, AUTHDATE: 'x', CARDCODE: 'ZZZZ', ORDERNO: undefined })
    assert.deepEqual(bare, {
      kind: 'approved',
      transactionId: 'cTS25120112000012345',
      approvalNumber: null,
      approvedAtMs: null,
      issuer: null,
    })
  })

  it('is unknown when one mark is missing, foreign or not exact', () => {
    const cases = [
      [{ TOKEN: 'other' }, 'token_mismatch'],
      [{ TOKEN: undefined }, 'token_mismatch'],
      [{ TOKEN: token.toUpperCase() }, 'token_mismatch'],
      [{ AMOUNT: '3001' }, 'amount_mismatch'],
      [{ AMOUNT: '3,000' }, 'amount_mismatch'],
      [{ AMOUNT: '3000.0' }, 'amount_mismatch'],
      [{ AMOUNT: undefined }, 'missing_field'],
      [{ ORDERNO: 'order-2' }, 'order_mismatch'],
      [{ DAOUTRX: undefined }, 'missing_field'],
      [{ DAOUTRX: 'a|b' }, 'missing_field'],
      [{ DAOUTRX: 'x'.repeat(41) }, 'missing_field'],
      [{ RESULTCODE: undefined }, 'missing_field'],
      [{ RESULTCODE: '000' }, 'unparseable'],
      [{ RESULTCODE: '00000' }, 'unparseable'],
      [{ RESULTCODE: 0 }, 'unparseable'],
      [{ RESULTCODE: ' 0000' }, 'unparseable'],
      [{ RESULTCODE: 'OK' }, 'unparseable'],
      [{ RESULTCODE: ['0000'] }, 'unparseable'],
    ] as const
    for (const [change, cause] of cases) {
      const outcome = charge(change)
      assert.equal(outcome.kind, 'unknown', JSON.stringify(change))
      assert.equal(outcome.cause, cause, JSON.stringify(change))
      assert.match(outcome.message, /확인하지 못했습니다/)
    }
  })

  it('takes a number or a zero-padded AMOUNT for the same amount', () => {
    assert.equal(charge({ AMOUNT: 3_000 }).kind, 'approved')
    assert.equal(charge({ AMOUNT: '0000003000' }).kind, 'approved')
  })

  it('is unknown on any status but 200, whatever the body says, and keeps the id', () => {
    for (const status of [201, 204, 302, 400, 401, 429, 500, 502]) {
      for (const code of ['0000', '9101', 'S201']) {
        const outcome = charge({ RESULTCODE: code }, status)
        assert.equal(outcome.kind, 'unknown')
        assert.equal(outcome.cause, 'http_status')
        assert.equal(outcome.code, code)
        assert.equal(outcome.transactionId, approval.DAOUTRX)
      }
    }
  })

  it('saves the id from an answer that broke off', () => {
    const half = JSON.stringify(approval).slice(0, -20)
    const outcome = readChargeAnswer(bytesOf(Buffer.from(half)), expected)
    assert.equal(outcome.kind, 'unknown')
    assert.equal(outcome.cause, 'unparseable')
    assert.equal(outcome.transactionId, approval.DAOUTRX)
    assert.equal(outcome.code, '0000')
  })

  it('is unknown on the uncertain codes and on an order number already seen', () => {
    for (const code of ['9000', '9002', '9005', '9999']) {
      const outcome = charge({ RESULTCODE: code })
      assert.equal(outcome.kind, 'unknown', code)
      assert.equal(outcome.cause, 'gateway_uncertain')
      assert.equal(outcome.code, code)
    }
  })

  it('is unsent when the token was refused', () => {
    for (const code of ['9003', '9004']) {
      const outcome = readChargeAnswer(
        answerOf({ RESULTCODE: code, ERRORMESSAGE: '토큰' }),
        expected,
      )
      assert.deepEqual(outcome, { kind: 'unsent', cause: 'ready_refused', code, message: '토큰' })
    }
  })

  it('declines on any other code, known or not, with the code and words as sent', () => {
    const code = fc
      .stringMatching(/^[0-9A-Z]{4}$/)
      .filter(
        (text) =>
          !['0000', '9000', '9002', '9005', '9999', '9003', '9004', 'TRUE', 'NULL'].includes(text),
      )
    fc.assert(
      fc.property(code, fc.boolean(), (RESULTCODE, hasToken) => {
        const refusal = {
          RESULTCODE,
          ERRORMESSAGE: '승인 거절',
          ...(hasToken ? { TOKEN: token } : {}),
        }
        assert.deepEqual(readChargeAnswer(answerOf(refusal), expected), {
          kind: 'declined',
          code: RESULTCODE,
          message: '승인 거절',
          reason: 'declined',
          transactionId: null,
        })
      }),
    )
  })

  it('does not believe a decline that bears another token or order', () => {
    assert.equal(charge({ RESULTCODE: 'S201', TOKEN: 'other' }).kind, 'unknown')
    assert.equal(charge({ RESULTCODE: 'S201', ORDERNO: 'other' }).kind, 'unknown')
  })

  it('hears a wrong card number in the words, whatever the code', () => {
    for (const [text, reason] of [
      ['유효하지않은 카드번호를 입력하셨습니다.', 'card_invalid'],
      ['[F113]거래거절 카드번호틀림', 'card_invalid'],
      ['카드번호 오류', 'card_invalid'],
      ['카드번호를 확인해 주세요', 'card_invalid'],
      ['잘못된 카드 번호입니다', 'card_invalid'],
      ['유효기간 오류', 'declined'],
      ['유효기간이 경과한 카드입니다.', 'declined'],
      ['한도초과', 'declined'],
      ['카드사에 문의하시기 바랍니다.', 'declined'],
    ] as const) {
      const outcome = charge({ RESULTCODE: 'S101', ERRORMESSAGE: text })
      assert.equal(outcome.kind, 'declined')
      assert.equal(outcome.reason, reason, text)
    }
  })

  it('quotes no card number or birth in its message', () => {
    const outcome = charge({
      RESULTCODE: 'S101',
      ERRORMESSAGE: '카드 1234-1234-1234-1234, 생년월일 820213 오류\u0000',
    })
    assert.equal(outcome.kind, 'declined')
    assert.equal(outcome.message, '카드 123412***1234, 생년월일 *** 오류 ')
  })

  it('approves nothing but an exact answer, and never throws, whatever comes', () => {
    const value = fc.oneof(fc.constantFrom('0000', token, '3000', 'order-1', ''), fc.anything())
    const fields = fc.record(
      {
        RESULTCODE: value,
        TOKEN: value,
        AMOUNT: value,
        DAOUTRX: value,
        ORDERNO: value,
        ERRORMESSAGE: value,
        AUTHDATE: value,
      },
      { requiredKeys: [] },
    )
    const body = fc.oneof(
      fields.map((given) => Buffer.from(jsonOf(given))),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
    )
    fc.assert(
      fc.property(body, fc.constantFrom(200, 200, 302, 500), (bytes, status) => {
        const answer = bytesOf(bytes, status)
        const outcome = readChargeAnswer(answer, expected)
        readIssueAnswer(answer, expected)
        readCancelAnswer(answer, expected)
        if (outcome.kind !== 'approved') return
        const sent = JSON.parse(bytes.toString()) as Record<string, unknown>
        assert.equal(status, 200)
        assert.equal(sent['RESULTCODE'], '0000')
        assert.equal(sent['TOKEN'], token)
        assert.equal(Number(sent['AMOUNT']), 3_000)
      }),
      { numRuns: 2_000 },
    )
  })

  it('maps what the transport proved', () => {
    const unsent = readChargeAnswer({ kind: 'unsent', error: 'x' }, expected)
    assert.equal(unsent.kind, 'unsent')
    assert.equal(unsent.cause, 'connect')
    for (const cause of ['timeout', 'reset', 'unparseable'] as const) {
      const lost = readChargeAnswer({ kind: 'lost', cause, error: 'x' }, expected)
      assert.equal(lost.kind, 'unknown')
      assert.equal(lost.cause, cause)
    }
  })
})

describe('the answer to a key issue', () => {
  const issued = { RESULTCODE: '0000', TOKEN: token, AUTOKEY: 'C2025KABCDEFG', CARDCODE: 'CCSS' }
  const issue = (change: object) =>
    readIssueAnswer(answerOf({ ...issued, ...change }), { ...expected, amountWon: 0 })

  it('gives the key, which does not print', () => {
    const outcome = issue({ AMOUNT: '0' })
    assert.equal(outcome.kind, 'approved')
    assert.equal(outcome.gatewayKey.reveal(), 'C2025KABCDEFG')
    assert.equal(JSON.stringify(outcome).includes('C2025'), false)
    assert.deepEqual(outcome.issuer, { code: '365', name: '삼성카드' })
  })

  it('is unknown without a key that could be sent back, or with an amount', () => {
    for (const AUTOKEY of [undefined, '', 'a|b', 'a b', '키', 'x'.repeat(65)]) {
      assert.equal(issue({ AUTOKEY }).kind, 'unknown')
    }
    assert.equal(issue({ AMOUNT: '3000' }).kind, 'unknown')
  })
})

describe('the answer to a cancel', () => {
  const done = { RESULTCODE: '0000', TOKEN: token, AMOUNT: '3000', CANCELDATE: '20251201120001' }
  const cancel = (change: object) =>
    readCancelAnswer(answerOf({ ...done, ...change }), { ...expected, orderNumber: null })

  it('reads either name of the id, and an ORDERNO nobody asked about', () => {
    assert.deepEqual(cancel({ TRXID: 'T1', ORDERNO: 'of the approval' }), {
      kind: 'approved',
      transactionId: 'T1',
      cancelledAtMs: Date.UTC(2025, 11, 1, 3, 0, 1),
    })
    assert.equal(cancel({}).kind, 'approved')
  })

  it('is unknown with another amount or none', () => {
    assert.equal(cancel({ AMOUNT: '1000' }).kind, 'unknown')
    assert.equal(cancel({ AMOUNT: undefined }).kind, 'unknown')
  })

  it('declines what was cancelled already, by its code', () => {
    const outcome = cancel({ RESULTCODE: '9206' })
    assert.equal(outcome.kind, 'declined')
    assert.equal(outcome.code, '9206')
  })
})

describe('facts of an answer', () => {
  it('are dated in Korean time, or not at all', () => {
    assert.equal(kstInstant('20240229235959'), Date.UTC(2024, 1, 29, 14, 59, 59))
    for (const text of [
      '20230229000000',
      '20251301000000',
      '20251201250000',
      '2025',
      '',
      undefined,
    ]) {
      assert.equal(kstInstant(text), null)
    }
  })

  it('name the issuer where the code is known', () => {
    assert.deepEqual(issuerOf('CCKM'), { code: '381', name: 'KB국민카드' })
    assert.deepEqual(issuerOf('CCSB'), { code: null, name: '저축은행카드' })
    assert.equal(issuerOf('XXXX'), null)
    assert.equal(issuerOf(undefined), null)
  })
})

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    return '{}'
  }
}
