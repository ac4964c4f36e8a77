import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'
import iconv from 'iconv-lite'

import type { RequestPart } from '../gateway.ts'
import { byteLength, encodeEucKr } from './euc-kr.ts'
import { checkFields, type FieldDrafts, type FieldName } from './preflight.ts'

const limits: Partial<Record<FieldName, number>> = {
  ORDERNO: 50,
  PRODUCTNAME: 50,
  USERNAME: 50,
  USERID: 50,
  EMAIL: 100,
  IPADDRESS: 15,
  CANCELREASON: 20,
  CARDNO: 16,
  AMOUNT: 10,
}

/** What of the request each field is; the rest is our own. */
const parts: Partial<Record<FieldName, RequestPart>> = {
  PRODUCTNAME: 'product_name',
  USERNAME: 'buyer_name',
  USERID: 'user_id',
  EMAIL: 'buyer_email',
  CARDNO: 'card_number',
  AMOUNT: 'amount',
}

function carriedValue(drafts: FieldDrafts, policy: 'reject' | 'substitute'): string | undefined {
  const result = checkFields(drafts, policy)
  assert.equal(result.kind, 'fields')
  return Object.values(result.fields)[0]
}

function refusal(drafts: FieldDrafts, policy: 'reject' | 'substitute' = 'reject'): string {
  const result = checkFields(drafts, policy)
  assert.notEqual(result.kind, 'fields')
  return result.kind === 'fields' ? '' : result.message
}

describe('preflight', () => {
  for (const name of Object.keys(limits) as FieldName[]) {
    it(`carries any ${name} within its bytes and without a silent "?", or refuses it`, () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 120 }),
        fc.string({ unit: fc.constantFrom('가', '똠', '|', '?', 'a', '🍕', '1'), maxLength: 120 }),
      )
      fc.assert(
        fc.property(text, fc.constantFrom('reject', 'substitute'), (value, policy) => {
          const result = checkFields({ [name]: value }, policy)
          if (result.kind !== 'fields') {
            assert.match(result.message, /[가-힣]/)
            const part = parts[name]
            assert.equal(result.kind, part === undefined ? 'bad_setting' : 'malformed')
            if (result.kind === 'malformed') assert.equal(result.part, part)
            return
          }
          const sent = result.fields[name] ?? ''
          const bytes = encodeEucKr(sent)
          assert.ok(bytes.length <= (limits[name] ?? 0))
          assert.equal(iconv.decode(bytes, 'cp949'), sent)
          assert.doesNotMatch(sent, /[\p{Cc}|]/u)
          if (sent.includes('?')) assert.ok(value.normalize('NFKD').includes('?'))
        }),
      )
    })
  }

  it('never repeats a value in its refusal', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z]{17,30}$/), (secret) => {
        for (const name of ['CARDNO', 'CARDAUTH', 'CARDPASSWORD', 'EXPIREDT'] as const) {
          assert.equal(refusal({ [name]: secret }).includes(secret), false)
        }
      }),
    )
  })

  it('refuses text outside EUC-KR under `reject`, naming field and character', () => {
    assert.equal(
      refusal({ PRODUCTNAME: '똠양꿍' }),
      '상품명에 PG사가 지원하지 않는 문자(똠, U+B620)가 포함되어 있습니다. EUC-KR 문자만 사용할 수 있습니다.',
    )
    assert.match(refusal({ PRODUCTNAME: 'a\u202eb' }), /문자\(U\+202E\)/)
    assert.equal(carriedValue({ PRODUCTNAME: '똠양꿍' }, 'substitute'), '□양꿍')
  })

  it('takes NFD Hangul and line breaks under either policy', () => {
    for (const policy of ['reject', 'substitute'] as const) {
      assert.equal(
        carriedValue({ PRODUCTNAME: '정기\n구독'.normalize('NFD') }, policy),
        '정기 구독',
      )
    }
  })

  it('refuses a pipe in an order number always, in a text only under `reject`', () => {
    assert.match(refusal({ ORDERNO: 'a|b' }, 'substitute'), /^주문번호에 .*'\|'/)
    assert.match(refusal({ PRODUCTNAME: 'a|b' }), /'\|'/)
    assert.equal(carriedValue({ PRODUCTNAME: 'a|b' }, 'substitute'), 'a b')
  })

  it('cuts a long name on a character boundary and refuses a long order number', () => {
    const name = carriedValue({ PRODUCTNAME: `a${'가'.repeat(40)}` }, 'reject') ?? ''
    assert.equal(name, `a${'가'.repeat(24)}`)
    assert.match(refusal({ ORDERNO: 'x'.repeat(51) }), /최대 50바이트.*51바이트/)
  })

  it('shortens a long customer id to one that is stable and still its own', () => {
    const first = carriedValue({ USERID: `${'가'.repeat(60)}1` }, 'reject') ?? ''
    const second = carriedValue({ USERID: `${'가'.repeat(60)}2` }, 'reject') ?? ''
    assert.notEqual(first, second)
    assert.ok(byteLength(first) <= 50)
    assert.equal(carriedValue({ USERID: `${'가'.repeat(60)}1` }, 'reject'), first)
  })

  it('keeps two customers apart whose names are substituted alike', () => {
    const ids = ['똠', '펲', '🍕', 'a|b', 'a b', 'a\nb'].map((id) =>
      carriedValue({ USERID: id }, 'substitute'),
    )
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(carriedValue({ USERID: 'a b' }, 'substitute'), 'a b')
  })

  it('leaves out an e-mail address that would have to be cut or altered', () => {
    const long = `${'a'.repeat(90)}@example.com`
    assert.deepEqual(checkFields({ EMAIL: long }, 'reject'), { kind: 'fields', fields: {} })
    assert.deepEqual(checkFields({ EMAIL: 'é@example.com' }, 'substitute'), {
      kind: 'fields',
      fields: {},
    })
    assert.equal(carriedValue({ EMAIL: 'b@example.com' }, 'reject'), 'b@example.com')
  })

  it('is never stricter about a card number than digits and the width of the wire', () => {
    for (const number of ['1', '1234123412341234', '0000000000000']) {
      assert.equal(carriedValue({ CARDNO: number }, 'reject'), number)
    }
    for (const number of ['', '1234-1234', '12341234123412345', '１２３４']) {
      assert.match(refusal({ CARDNO: number }), /유효하지않은 카드번호를 입력하셨습니다/)
    }
    assert.match(refusal({ CARDNO: '12341234123412345' }), /최대 16자리.*17자리/)
  })

  it('sends the unspecified address for a buyer whose address is not IPv4', () => {
    assert.equal(carriedValue({ IPADDRESS: '2001:db8::1' }, 'reject'), '0.0.0.0')
    assert.equal(carriedValue({ IPADDRESS: '::ffff:192.0.2.7' }, 'reject'), '192.0.2.7')
    assert.equal(carriedValue({ IPADDRESS: '192.0.2.7' }, 'reject'), '192.0.2.7')
  })

  it('never lets a cancel reason become a command or stop a refund', () => {
    assert.equal(carriedValue({ CANCELREASON: '[STOPREQ]해지' }, 'reject'), '(STOPREQ)해지')
    assert.equal(carriedValue({ CANCELREASON: 'a^[100]|b' }, 'reject'), 'a (100) b')
    assert.equal(carriedValue({ CANCELREASON: '' }, 'reject'), '결제 취소')
    assert.equal(carriedValue({ CANCELREASON: '🍕' }, 'reject'), '□')
    assert.equal(
      carriedValue({ CANCELREASON: '단순 변심으로 인한 환불 요청' }, 'reject'),
      '단순 변심으로 인한',
    )
  })

  it('checks the digits of birth, password and expiry', () => {
    assert.equal(carriedValue({ CARDAUTH: '1234567890' }, 'reject'), '1234567890')
    assert.match(refusal({ CARDAUTH: '19820213' }), /^생년월일\(사업자번호\) 값이.*6자리.*10자리/)
    assert.match(refusal({ CARDPASSWORD: '1' }), /^카드 비밀번호 값이.*앞 2자리/)
    assert.equal(carriedValue({ EXPIREDT: '201901' }, 'reject'), '201901')
    assert.match(refusal({ EXPIREDT: '202513' }), /^유효기간 값이/)
  })
})
