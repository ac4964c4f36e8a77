// What the ready step's answer means. It moves no money, so any refusal is believed; but only an answer with
// both RETURNURL and TOKEN lets the execute step begin.

import type { ResponseBody } from './response-body.ts'

export type ReadyVerdict =
  | { readonly kind: 'granted'; readonly returnUrl: string; readonly token: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed' }

/** RETURNURL and TOKEN are the literal FAIL when the link key is not set up or the method not opened (§1.5). */
const failLiteral = 'FAIL'

const failMessage =
  '결제연동키가 등록되지 않았거나 사용 신청되지 않은 결제수단입니다. PG사 관리자 사이트의 연동정보설정을 확인해 주세요.'

export function readReadyAnswer(status: number, body: ResponseBody): ReadyVerdict {
  const { fields } = body
  if (fields === null) {
    // Where the pair stands in the answer is not documented: the bare text is read too.
    const isFail = /^\s*"?FAIL"?(\s*,\s*"?FAIL"?)?\s*$/.test(body.text)
    return isFail ? refusedAsFail('') : { kind: 'failed' }
  }
  const returnUrl = fields['RETURNURL'] ?? ''
  const token = fields['TOKEN'] ?? ''
  const code = fields['RESULTCODE'] ?? ''
  const message = fields['ERRORMESSAGE'] ?? ''
  if ([returnUrl, token, code].includes(failLiteral)) return refusedAsFail(message)
  if (code !== '' && code !== '0000') return { kind: 'refused', code, message }
  // It becomes a header of the execute step, where a line break would be another header.
  const isToken = /^[\x21-\x7e]{1,256}$/.test(token)
  if (status !== 200 || returnUrl === '' || !isToken) return { kind: 'failed' }
  return { kind: 'granted', returnUrl, token }
}

function refusedAsFail(message: string): ReadyVerdict {
  return { kind: 'refused', code: failLiteral, message: message === '' ? failMessage : message }
}
