// A token arrives in four spellings, all in use: raw Authorization, Bearer, X-ImpTokenHeader (.NET and old
// Python clients) and ?_token= (legacy). Authorization wins when several are sent.

import type { IncomingHttpHeaders } from 'node:http'
import { RepeatedValue } from './php-form.ts'

// V1 tokens are 40 characters; anything much longer is not worth a look-up.
const tokenLengthMax = 256
const bearer = /^bearer(?:\s+|$)/i

/** The token as sent, or undefined when there is none that could be one. */
export function readAccessToken(headers: IncomingHttpHeaders, query: unknown): string | undefined {
  return (
    usable(headers.authorization?.trim().replace(bearer, '')) ??
    usable(firstOf(headers['x-imptokenheader'])) ??
    usable(tokenInQuery(query))
  )
}

function usable(text: string | undefined): string | undefined {
  const token = text?.trim() ?? ''
  return token === '' || token.length > tokenLengthMax ? undefined : token
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function tokenInQuery(query: unknown): string | undefined {
  const sent = (query as Record<string, unknown> | null)?.['_token']
  if (sent instanceof RepeatedValue) return sent.values.at(-1)
  return typeof sent === 'string' ? sent : undefined
}
