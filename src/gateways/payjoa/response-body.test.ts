import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'
import iconv from 'iconv-lite'

import { readReadyAnswer } from './ready-answer.ts'
import { readBody } from './response-body.ts'

const json = '{"RESULTCODE":"0000","ERRORMESSAGE":"정상 처리 되었습니다."}'
const eucKr = iconv.encode(json, 'cp949')
const utf8 = Buffer.from(json)

function message(bytes: Buffer, contentType: string | null): string | undefined {
  return readBody(bytes, contentType).fields?.['ERRORMESSAGE']
}

describe('a response body', () => {
  it('is read by the charset of its header', () => {
    assert.equal(message(eucKr, 'application/json; charset=EUC-KR'), '정상 처리 되었습니다.')
    assert.equal(message(eucKr, 'text/html;charset="euc-kr"'), '정상 처리 되었습니다.')
    assert.equal(message(utf8, 'application/json;charset=utf-8'), '정상 처리 되었습니다.')
  })

  it('is tried as strict UTF-8 and then taken as CP949 without one', () => {
    for (const contentType of [null, 'application/json', 'application/json; charset=binary']) {
      assert.equal(message(eucKr, contentType), '정상 처리 되었습니다.')
      assert.equal(message(utf8, contentType), '정상 처리 되었습니다.')
    }
    assert.equal(message(eucKr, 'application/json; charset=UTF-8'), '정상 처리 되었습니다.')
  })

  it('may have a BOM, a raw line break, and values that are not strings', () => {
    const body = Buffer.from('\ufeff{"A":"한\n글","B":1000,"C":null,"D":{"E":"f"}}')
    assert.deepEqual(readBody(body, null).fields, { A: '한 글', B: '1000', C: '', D: '{"E":"f"}' })
  })

  it('has no fields unless it is one object', () => {
    for (const text of [
      '',
      'FAIL',
      '[]',
      '"x"',
      '1',
      'null',
      '{"RESULTCODE":"00',
      '<html></html>',
    ]) {
      assert.equal(readBody(Buffer.from(text), null).fields, null, text)
    }
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, contentType) => {
        readBody(Buffer.from(bytes), contentType)
      }),
    )
  })
})

describe('the ready answer', () => {
  const read = (text: string, status = 200) =>
    readReadyAnswer(status, readBody(Buffer.from(text), null))
  const granting = { RETURNURL: 'https://api.payjoa.co.kr/x', TOKEN: 'abc' }

  it('grants with RETURNURL and TOKEN, with or without RESULTCODE 0000', () => {
    for (const extra of [{}, { RESULTCODE: '0000' }, { RESULTCODE: '' }]) {
      assert.deepEqual(read(JSON.stringify({ ...granting, ...extra })), {
        kind: 'granted',
        returnUrl: 'https://api.payjoa.co.kr/x',
        token: 'abc',
      })
    }
  })

  it('refuses by the literal FAIL wherever it stands, and says what to look at', () => {
    for (const text of [
      '{"RETURNURL":"FAIL","TOKEN":"FAIL"}',
      '{"RESULTCODE":"FAIL"}',
      'FAIL,FAIL',
      'FAIL',
      '"FAIL","FAIL"',
    ]) {
      const verdict = read(text)
      assert.equal(verdict.kind, 'refused')
      assert.equal(verdict.code, 'FAIL')
      assert.match(verdict.message, /결제연동키/)
    }
  })

  it('refuses by a code whatever the status', () => {
    const text = '{"RESULTCODE":"9101","ERRORMESSAGE":"등록되지 않은 CPID"}'
    for (const status of [200, 401, 500]) {
      assert.deepEqual(read(text, status), {
        kind: 'refused',
        code: '9101',
        message: '등록되지 않은 CPID',
      })
    }
  })

  it('fails when something is missing or could not be sent on', () => {
    for (const text of [
      '{}',
      '{"RETURNURL":"https://api.payjoa.co.kr/x"}',
      '{"TOKEN":"abc"}',
      JSON.stringify({ ...granting, TOKEN: 'a\r\nb' }),
      '<html>',
    ]) {
      assert.equal(read(text).kind, 'failed', text)
    }
    assert.equal(read(JSON.stringify(granting), 502).kind, 'failed')
  })
})
