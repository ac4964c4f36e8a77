// Request bytes to fields. This decoder shares nothing with the client in src/: a misreading of the
// wire in one must not be excused by the same misreading in the other. EUC-KR here means KS X 1001 in
// its two-byte form, both bytes 0xA1–0xFE; what common libraries call "euc-kr" is CP949, which adds
// 8,822 syllables the PG does not promise to know.

import iconv from 'iconv-lite'
import type { ResultName } from './result-codes.ts'
import type { Settings } from './settings.ts'

export type Fields = Readonly<Record<string, string>>

/** A request the wire's own rules refuse. `detail` names the culprit, never its value. */
export interface Refused {
  readonly kind: 'refused'
  readonly result: ResultName
  readonly detail: string
}

export type Decoded = { readonly kind: 'fields'; readonly fields: Fields } | Refused

export function decodeRequest(
  contentType: string | undefined,
  body: Buffer,
  settings: Settings,
): Decoded {
  const charset = declaredCharset(contentType)
  if (settings.contentType === 'charset_required' && charset !== 'euc-kr') {
    return refused('charset_refused', 'Content-Type')
  }
  const text = charset === 'utf-8' ? body.toString('utf8') : decodeEucKr(body, settings)
  if (text === null) return refused('invalid_parameter', 'EUC-KR')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return refused('malformed_body', 'JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return refused('malformed_body', 'JSON')
  }
  return readFields(parsed as Record<string, unknown>, settings)
}

/** Lower-case charset of an `application/json` header; `null` when it is another type or names none. */
export function declaredCharset(contentType: string | undefined): string | null {
  const [type = '', ...parameters] = (contentType ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/json') return null
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=')
    if (name.trim().toLowerCase() === 'charset') {
      return value
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase()
    }
  }
  return null
}

function decodeEucKr(body: Buffer, settings: Settings): string | null {
  if (isAscii(body)) return body.toString('latin1')
  if (settings.undecodable === 'refuse' && !isWellFormedEucKr(body)) return null
  const text = iconv.decode(body, 'cp949')
  // Pairs in rows that KS X 1001 leaves empty come out as U+FFFD.
  return settings.undecodable === 'refuse' && text.includes('\uFFFD') ? null : text
}

/** Whether every byte is ASCII or half of a pair in 0xA1–0xFE. */
export function isWellFormedEucKr(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < 0x80) continue
    const next = bytes[at + 1] ?? 0
    if (byte < 0xa1 || byte > 0xfe || next < 0xa1 || next > 0xfe) return false
    at += 1
  }
  return true
}

/** Length in bytes on the wire, or `null` when EUC-KR cannot carry the text. */
export function eucKrLength(text: string): number | null {
  // Written out, since a JSON escape (\uXXXX) can name a character that the body's bytes could not hold.
  if (/^[\x00-\x7f]*$/.test(text)) return text.length // oxlint-disable-line no-control-regex -- ASCII includes the controls.
  const bytes = iconv.encode(text, 'cp949')
  if (!isWellFormedEucKr(bytes)) return null
  // An unmappable character is written as "?", so the text must survive the way back.
  return iconv.decode(bytes, 'cp949') === text ? bytes.length : null
}

function readFields(parsed: Record<string, unknown>, settings: Settings): Decoded {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value === 'string') {
      fields[name] = value
    } else if (
      settings.nonString === 'accept' &&
      (typeof value === 'number' || typeof value === 'boolean')
    ) {
      fields[name] = String(value)
    } else {
      return refused('invalid_parameter', name)
    }
  }
  return { kind: 'fields', fields }
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false
  return true
}

export function refused(result: ResultName, detail: string): Refused {
  return { kind: 'refused', result, detail }
}
