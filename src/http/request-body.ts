// A body is read by what it looks like first and by its Content-Type second: curl sends JSON under the form
// type, PHP sends an empty body under the JSON type, and both mean what they say.

import { isUtf8 } from 'node:buffer'
import { parsePhpForm, type FormFields } from './php-form.ts'
import { badRequest, V1Error } from './v1-error.ts'

/** V1's largest request, a thousand schedules, is about 400 KB. */
export const bodyBytesMax = 1024 * 1024

const byteOrderMark = '\ufeff'

/**
 * The parameters in a body, {} for none. Throws V1Error: 400 for a body that is not what it looks like,
 * 415 for one that is neither JSON nor a form.
 */
export function parseBody(bytes: Buffer, contentType: string | undefined): object {
  if (bytes.length === 0) return {}
  // Mostly a merchant's EUC-KR page: guessing would put garbled names on card statements.
  if (!isUtf8(bytes)) throw badRequest('요청 본문은 UTF-8이어야 합니다.')
  const text = withoutMark(bytes.toString('utf8'))
  const start = text.trimStart()
  if (start === '') return {}
  if (start.startsWith('{') || start.startsWith('[') || isJsonType(contentType))
    return parseJson(text)
  if (isFormType(contentType)) return parseForm(text)
  throw unsupportedMediaType()
}

export function unsupportedMediaType(): V1Error {
  return new V1Error({
    status: 415,
    code: -1,
    message:
      '지원하지 않는 Content-Type입니다. application/json 또는 application/x-www-form-urlencoded로 보내주세요.',
  })
}

function withoutMark(text: string): string {
  return text.startsWith(byteOrderMark) ? text.slice(1) : text
}

function isJsonType(contentType: string | undefined): boolean {
  return contentType !== undefined && /^[^;]*\bjson\b/i.test(contentType)
}

// No type, and the type fetch() gives a bare string, leave the body to speak for itself.
function isFormType(contentType = ''): boolean {
  return /^\s*(?:$|text\/plain|application\/x-www-form-urlencoded)/i.test(contentType)
}

function parseJson(text: string): object {
  const parsed = jsonOf(text)
  if (parsed === null) return {}
  if (typeof parsed !== 'object') throw malformedJson()
  // PHP writes an empty object as [].
  if (Array.isArray(parsed) && parsed.length > 0) throw malformedJson()
  return parsed
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformedJson()
  }
}

function malformedJson(): V1Error {
  return badRequest('요청 본문이 올바른 JSON 객체가 아닙니다.')
}

function parseForm(text: string): FormFields {
  // A line break at the end comes from shells and files, not from the form.
  const outcome = parsePhpForm(text.replace(/[\r\n]+$/, ''))
  if (outcome.kind === 'too_many_fields') throw badRequest('요청 파라미터가 너무 많습니다.')
  return outcome.fields
}
