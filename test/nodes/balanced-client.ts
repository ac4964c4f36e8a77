// What stands before several API nodes: a load balancer that asks /readyz and sends only where that says 200, and
// merchants who repeat a call under its Idempotency-Key on another node when it got no answer.

import { setTimeout as delay } from 'node:timers/promises'

import { callV1, type TestApp, type V1Reply } from '../support/app.ts'

/** As often as a balancer's health check may be set to. */
export const checkEveryMs = 50

export interface BalancedClient {
  /** Carries the call out on a node that is ready, again elsewhere while there is no answer. */
  call(method: string, path: string, body: unknown, key: string): Promise<V1Reply>
  /** Connections that broke, or were refused, under a call. */
  readonly cut: readonly string[]
  /** Answers with a status other than 200. */
  readonly failed: readonly string[]
  isReady(url: string): boolean
  close(): Promise<void>
}

const triesMax = 200

export function createBalancedClient(app: TestApp, urls: readonly string[]): BalancedClient {
  const ready = new Set<string>()
  const cut: string[] = []
  const failed: string[] = []
  const stopping = new AbortController()
  let turn = 0
  let token: Promise<string> | undefined

  async function check(url: string): Promise<void> {
    while (!stopping.signal.aborted) {
      const isReady = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
        async (reply) => (await reply.text(), reply.ok),
        () => false,
      )
      if (isReady) ready.add(url)
      else ready.delete(url)
      await delay(checkEveryMs)
    }
  }

  async function getToken(): Promise<string> {
    const { impKey, impSecret } = app.merchant
    const asked = { body: { imp_key: impKey, imp_secret: impSecret } }
    const { body } = await callV1(app.url, 'POST', '/users/getToken', asked)
    return (body.response as { access_token: string }).access_token
  }

  const checks = urls.map(check)
  return {
    cut,
    failed,
    isReady: (url) => ready.has(url),
    async call(method, path, body, key) {
      token ??= getToken()
      const headers = { authorization: await token, 'idempotency-key': key }
      for (let tries = 0; tries < triesMax; tries += 1) {
        const open = [...ready]
        const url = open[(turn += 1) % Math.max(1, open.length)]
        if (url !== undefined) {
          try {
            const reply = await callV1(url, method, path, { body, headers })
            if (reply.status === 200) return reply
            failed.push(`${reply.status} ${reply.body.message}`)
          } catch (error) {
            cut.push(String((error as Error).cause ?? error))
          }
        }
        await delay(checkEveryMs)
      }
      throw new Error(`no answer to ${path} in ${triesMax} tries: ${failed.at(-1)} ${cut.at(-1)}`)
    },
    async close() {
      stopping.abort()
      await Promise.all(checks)
    },
  }
}

export interface Load {
  /** Answers so far. */
  readonly answered: number
  /** Ends it, and gives each order with the answer it got. */
  end(): Promise<ReadonlyMap<string, V1Reply>>
}

/** Charges a stored card again and again, so many at a time, until it is ended. */
export function startLoad(client: BalancedClient, customerUid: string, atOnce: number): Load {
  const answers = new Map<string, V1Reply>()
  let orders = 0
  const ending = new AbortController()
  const buy = async () => {
    while (!ending.signal.aborted) {
      const merchantUid = `load-${customerUid}-${(orders += 1)}`
      const order = {
        customer_uid: customerUid,
        merchant_uid: merchantUid,
        amount: 1_000,
        name: '구독',
      }
      const reply = await client.call('POST', '/subscribe/payments/again', order, merchantUid)
      answers.set(merchantUid, reply)
    }
  }
  const buyers = Array.from({ length: atOnce }, buy)
  return {
    get answered() {
      return answers.size
    },
    async end() {
      ending.abort()
      await Promise.all(buyers)
      return answers
    },
  }
}
