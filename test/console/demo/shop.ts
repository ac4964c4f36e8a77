// A shop that sells coffee by subscription, with some months behind it: signed up, charged, declined, cancelled and told of
// by the product's own deeds, against the simulator, at their own times. Its present is always the same instant.

import { setTimeout as delay } from 'node:timers/promises'

import { TestClock } from '../../../src/primitives/clock.ts'
import { seededIds } from '../../../src/primitives/seeded-ids.ts'
import { startWebhookReceiver } from '../../support/webhook-receiver.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  startBrowserConsole,
} from '../browser-console.ts'
import { drawCustomers } from './customers.ts'
import { everydayBusiness } from './everyday-business.ts'
import { type Landmarks, lastDays } from './last-days.ts'
import { keepTime } from './shop-time.ts'
import { type Act, buildStage, instantOf, type Stage } from './stage.ts'

/** 15:20 on a Friday, in Korea. */
export const shopNowMs = instantOf(0, '15:20')

const seed = 20_261_127

export interface ShopOptions {
  /** How long it has been open; 12 at least, for what happened in its last days. */
  readonly days: number
  readonly customers: number
  /** Of the shop's receiver of webhooks; 0 or absent: any. */
  readonly receiverPort?: number
}

export interface DemoShop {
  readonly console: BrowserConsole
  readonly owner: BrowserOperator
  /** What pages of one thing show. */
  readonly landmarks: Landmarks
  close(): Promise<void>
}

export async function openDemoShop(options: ShopOptions): Promise<DemoShop> {
  const clock = new TestClock(instantOf(options.days, '09:00'))
  const receiver = await startWebhookReceiver(options.receiverPort)
  const console = await startBrowserConsole(
    {
      clock,
      ids: seededIds('demo shop'),
      role: 'api',
      logLevel: 'warn',
      tells: true,
      channel: { name: '정기결제 (빌링)', rateCapPerSecond: 20 },
      simulator: { now: () => clock.now(), seed },
    },
    'asSeen',
  )
  const time = keepTime(console.app, clock)
  const close = async () => {
    await time.stop()
    await console.close()
    await receiver.close()
  }
  try {
    const stage = await buildStage({ console, clock, time, receiver })
    const landmarks = await play(stage, options)
    // One session for all who look, or the page that lists them would list nothing else.
    const token = await stage.owner.startSession()
    const owner = { ...stage.owner, startSession: async () => token }
    return { console, owner, landmarks, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function play(stage: Stage, { days, customers }: ShopOptions): Promise<Landmarks> {
  // Its own files are what settles what is unknown here; notifications would do so at once.
  await stage.control('/_settings', { notificationUrls: {} })
  await openTheDoors(stage)
  const people = drawCustomers(seed, customers, days)
  const { acts, landmarks } = lastDays(stage)
  const all = [...everydayBusiness(stage, people, days), ...acts]
  const nights: Act[] = Array.from({ length: days }, (_, daysAgo) => ({
    atMs: instantOf(daysAgo, '01:30'),
    run: () => stage.time.collectEvidence(),
  }))
  for (const act of [...all, ...nights].sort((a, b) => a.atMs - b.atMs)) {
    await stage.time.moveTo(act.atMs)
    await act.run()
    await stage.time.doWhatIsDue()
  }
  await stage.time.moveTo(shopNowMs)
  await stage.time.sign()
  // The log of requests is written beside them, a moment later.
  await delay(1_500)
  return landmarks()
}

async function openTheDoors({ as, owner, receiver, console }: Stage): Promise<void> {
  const client = await as(owner)
  await client.ok('PATCH', '/settings', { merchantName: '모닝브루 커피' })
  await client.ok('PUT', '/webhooks/endpoints/sandbox', {
    url: `${receiver.url}/webhooks/billkey`,
    format: 'json',
    sendsFailures: true,
  })
  await client.ok('POST', '/operators', {
    email: 'seoyeon.lee@morningbrew.example',
    name: '이서연',
    role: 'viewer',
  })
  const { channelKey } = await client.ok('POST', '/channels', {
    pgId: 'CTS00013',
    linkKey: '00000013'.repeat(8),
    mode: 'sandbox',
    name: '키인결제',
    baseUrl: console.app.simulator.url,
    allowsKeyInVerified: true,
    rateCapPerSecond: 10,
  })
  await client.ok('POST', `/channels/${channelKey}/test`)
}
