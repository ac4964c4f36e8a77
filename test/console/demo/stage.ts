// What the acts of the demo shop's story are done with: the merchant's server, its operators, and the simulator's controls.

import type { TestClock } from '../../../src/primitives/clock.ts'
import { callV1 } from '../../support/app.ts'
import type { WebhookReceiver } from '../../support/webhook-receiver.ts'
import type { BrowserConsole, BrowserOperator } from '../browser-console.ts'
import { type ConsoleClient, openConsole } from '../console-client.ts'
import type { ShopTime } from './shop-time.ts'

/** Something that is done at an instant. */
export interface Act {
  readonly atMs: number
  readonly run: () => Promise<void>
}

export interface Stage {
  readonly console: BrowserConsole
  readonly clock: TestClock
  readonly time: ShopTime
  readonly receiver: WebhookReceiver
  /** As the merchant's server, with a live token. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Answer>
  readonly as: (operator: BrowserOperator) => Promise<ConsoleClient>
  readonly owner: BrowserOperator
  readonly clerk: BrowserOperator
  /** What the simulator shall do with the next exchanges. */
  readonly control: (path: string, body: object) => Promise<Answer>
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into by name
type Answer = any

const dayMs = 86_400_000

/** So many days before the shop's present day, at a time of day in Korea. */
export function instantOf(daysAgo: number, timeOfDay: string): number {
  const midnightMs = Date.parse('2026-11-27T00:00:00+09:00')
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number)
  return midnightMs - daysAgo * dayMs + (hours * 60 + minutes) * 60_000
}

export async function buildStage(
  given: Pick<Stage, 'console' | 'clock' | 'time' | 'receiver'>,
): Promise<Stage> {
  const { console, clock } = given
  const { app } = console
  const owner = await console.addOperator('owner', {
    email: 'yuna.kim@morningbrew.example',
    name: '김유나',
  })
  const clerk = await console.addOperator('operator', {
    email: 'minsu.park@morningbrew.example',
    name: '박민수',
  })
  const token = { text: '', expiresMs: 0 }
  return {
    ...given,
    owner,
    clerk,
    async call(method, path, body) {
      // Asked for while one lives, V1 gives the same with what is left of its half hour.
      if (clock.now() >= token.expiresMs) {
        const { impKey: imp_key, impSecret: imp_secret } = app.merchant
        const keys = { body: { imp_key, imp_secret } }
        const reply = await callV1(app.url, 'POST', '/users/getToken', keys)
        token.text = reply.body.response.access_token as string
        token.expiresMs = (reply.body.response.expired_at as number) * 1000
      }
      const headers = { authorization: token.text }
      return (await callV1(app.url, method, path, { body, headers })).body
    },
    async as(operator) {
      const client = openConsole(app.url, operator.email)
      client.token = await operator.startSession()
      await client.ok('GET', '/session')
      return client
    },
    async control(path, body) {
      const request = { method: 'POST', body: JSON.stringify(body) }
      const reply = await fetch(app.simulator.url + path, request)
      if (!reply.ok) throw new Error(await reply.text())
      return reply.json()
    },
  }
}
