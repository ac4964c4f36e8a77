// Merchants in numbers, each made as an operator and its program make one: key, channel, endpoint, and a registered card.

import { setTimeout as delay } from 'node:timers/promises'

import { listUnsigned } from '../src/audit/checkpoints.store.ts'
import { type MerchantId, merchantId } from '../src/primitives/ids.ts'
import { setEndpoint } from '../src/webhooks/set-endpoint.ts'
import { addSimulatedMerchant } from '../test/support/simulated-merchant.ts'
import { callWith, card, cpid, getToken, type Rig } from './rig.ts'

export interface ManyMerchant {
  readonly merchantId: MerchantId
  /** Lives half an hour. */
  readonly token: string
}

export const customerOfEach = 'customer-0'
/** As many as the rig has connections. */
const madeAtOnce = 4

export async function addManyMerchants(
  rig: Rig,
  count: number,
  say: (line: string) => void,
): Promise<readonly ManyMerchant[]> {
  const merchants: ManyMerchant[] = []
  let begun = 0
  const work = async () => {
    while (begun < count) {
      begun += 1
      merchants.push(await addOne(rig, `one of many ${begun}`))
      if (merchants.length % 1_000 === 0) say(`merchants: ${merchants.length} of ${count}`)
    }
  }
  await Promise.all(Array.from({ length: madeAtOnce }, work))
  return merchants
}

async function addOne(rig: Rig, name: string): Promise<ManyMerchant> {
  const { parts, simulator, receiver } = rig
  const merchant = await addSimulatedMerchant(parts, { name, cpid, simulatorUrl: simulator.url })
  const endpoint = { url: `${receiver.url}/hook`, actor: 'bench' }
  const set = await setEndpoint(parts, { ...merchant, sandbox: true }, endpoint)
  if (set.kind === 'refused') throw new Error(set.message)
  const { access_token: token } = await getToken(rig, merchant.impKey, merchant.impSecret)
  const path = `/subscribe/customers/${customerOfEach}`
  await callWith(token, rig, { method: 'POST', path, body: card })
  return { merchantId: merchant.merchantId, token }
}

/** Each merchant begins with a few acts on its trail, which a worker signs: not to be measured with something else. */
export async function trailsSigned({ parts: { db } }: Rig): Promise<void> {
  while ((await listUnsigned(db, merchantId(-1), 1)).length > 0) await delay(1_000)
}
