// The access token: asked for once, shared by all calls, renewed half a minute before it ends. How long it lives is
// read off the server's own `now`, so a wrong clock here does no harm.

import { failureOf } from './conclusion.ts'
import { exchange, type Fetch } from './exchange.ts'
import { type Repeater, sendRepeatedly } from './repetition.ts'
import { TransportError } from './errors.ts'

export interface Token {
  readonly text: string
  /** By this machine's clock. */
  readonly useUntilMs: number
  /**
   * The server that gave it carries a call out once per Idempotency-Key. Kept with the token because only that server
   * takes it: a call under this token cannot reach one that does not.
   */
  readonly honoursKeys: boolean
}

export interface TokenKeeper {
  current(): Promise<Token>
  /** That token is not taken any more. */
  drop(token: Token): void
}

export interface TokenSource {
  readonly baseUrl: string
  readonly impKey: string
  readonly impSecret: string
  readonly fetch: Fetch
  readonly timeoutMs: number
  readonly headers: Readonly<Record<string, string>>
  readonly repeater: Repeater
}

const renewBeforeEndMs = 30_000

export function createTokenKeeper(source: TokenSource): TokenKeeper {
  let kept: Token | null = null
  let asking: Promise<Token> | null = null
  return {
    async current() {
      if (kept !== null && source.repeater.clock.now() < kept.useUntilMs) return kept
      // One request for all who wait; a failure is told to each of them and not kept.
      asking ??= askForToken(source)
        .then((token) => (kept = token))
        .finally(() => {
          asking = null
        })
      return asking
    },
    drop(token) {
      if (kept === token) kept = null
    },
  }
}

async function askForToken(source: TokenSource): Promise<Token> {
  const { baseUrl, impKey, impSecret, headers, timeoutMs, repeater } = source
  const body = JSON.stringify({ imp_key: impKey, imp_secret: impSecret })
  let askedAtMs = repeater.clock.now()
  const { last } = await sendRepeatedly(repeater, undefined, async () => {
    askedAtMs = repeater.clock.now()
    const sent = await exchange(source.fetch, {
      method: 'POST',
      url: `${baseUrl}/users/getToken`,
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      timeoutMs,
      signal: undefined,
    })
    // Asking twice gives the same token.
    return { exchange: sent, isRepeatable: true }
  })
  const failure = failureOf(last)
  if (failure !== null) throw failure
  if (last.kind !== 'answered') throw new TransportError('no answer')
  return readToken(last.answer.envelope?.response, last.answer.isBillkey, askedAtMs)
}

function readToken(response: unknown, honoursKeys: boolean, askedAtMs: number): Token {
  const { access_token: text, now, expired_at: end } = response as Record<string, unknown>
  if (typeof text !== 'string' || typeof now !== 'number' || typeof end !== 'number') {
    throw new TransportError('the answer to getToken is not what V1 gives')
  }
  const livesMs = (end - now) * 1000
  return { text, useUntilMs: askedAtMs + livesMs - renewBeforeEndMs, honoursKeys }
}
