// From bytes to flat text fields. The charset of the response is contested between sources: the header's is
// honoured, else strict UTF-8 is tried, else CP949 is taken, which holds all of EUC-KR. Codes and ids are
// ASCII, so what an answer means never hangs on this choice.

import iconv from 'iconv-lite'

export interface ResponseBody {
  readonly text: string
  /** Null when the text is not one JSON object. Values that were not strings are turned into text. */
  readonly fields: Readonly<Record<string, string>> | null
}

export function readBody(bytes: Buffer, contentType: string | null): ResponseBody {
  const text = decode(bytes, contentType).replace(/^\ufeff/, '')
  return { text, fields: parseFields(text) }
}

const koreanCharsets = new Set(['euc-kr', 'euckr', 'ks_c_5601-1987', 'cp949', 'ms949', 'uhc'])

function decode(bytes: Buffer, contentType: string | null): string {
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? ''
  if (koreanCharsets.has(charset)) return iconv.decode(bytes, 'cp949')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return iconv.decode(bytes, 'cp949')
  }
}

// A raw line break inside ERRORMESSAGE is not JSON, but its answer is as good as any other.
function parseFields(text: string): Record<string, string> | null {
  const value = parseJson(text) ?? parseJson(text.replace(/\p{Cc}/gu, ' '))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]: [string, unknown]) => [name, asText(entry)]),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}
