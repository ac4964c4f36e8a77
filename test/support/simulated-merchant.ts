// A merchant with an API key and one channel: a contract of the simulator that allows everything its CPID does.

import { insertMerchant } from '../../src/accounts/accounts.store.ts'
import { addChannel, type NewChannel } from '../../src/accounts/add-channel.ts'
import type { Channel } from '../../src/accounts/channel.ts'
import { createApiKey } from '../../src/accounts/create-api-key.ts'
import { anyInstalments } from '../../src/accounts/instalment-rule.ts'
import { newAct } from '../../src/audit/audit-event.ts'
import type { Parts } from '../../src/compose/parts.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import { Secret } from '../../src/primitives/secret.ts'

export interface SimulatedMerchant {
  readonly merchantId: MerchantId
  readonly impKey: string
  readonly impSecret: string
  readonly channel: Channel
}

export interface WantedMerchant {
  readonly name: string
  /** Of the simulator's contracts (docs/simulator.md). */
  readonly cpid: string
  readonly simulatorUrl: string
  /** Whether its daily files are fetched. */
  readonly hasReport?: boolean
  /** What differs from a channel that allows everything and has no cap. */
  readonly channel?: Partial<NewChannel>
}

type Foundations = Pick<Parts, 'db' | 'vault' | 'clock' | 'ids'>

const actor = 'test'

export async function addSimulatedMerchant(
  { db, vault, clock, ids }: Foundations,
  { name, cpid, simulatorUrl, hasReport = false, channel = {} }: WantedMerchant,
): Promise<SimulatedMerchant> {
  const { merchantId } = await insertMerchant(db, name, newAct({ clock, ids }, actor))
  const { impKey, impSecret } = await createApiKey({ db, clock, ids }, merchantId, { actor })
  // As docs/simulator.md makes both from the CPID's number.
  const digits = cpid.slice(3).padStart(8, '0')
  const report = { baseUrl: simulatorUrl, password: new Secret(`report-${digits}`) }
  const added = await addChannel(
    { db, vault, clock, uuid: () => ids.uuid() },
    {
      merchantId,
      name: cpid,
      pgId: cpid,
      linkKey: new Secret(digits.repeat(8)),
      baseUrl: simulatorUrl,
      sandbox: true,
      cardRoute: 'D',
      productType: 'digital',
      taxMode: 'per_payment',
      allowsKeyInPlain: true,
      allowsKeyInVerified: true,
      allowsBilling: true,
      unmappable: 'substitute',
      instalments: anyInstalments,
      rateCapPerSecond: null,
      totalRateCapPerSecond: null,
      lateApprovals: 'keep',
      report: hasReport ? report : null,
      makeDefault: true,
      ...channel,
    },
    actor,
  )
  if (added.kind === 'refused') throw new Error(added.message)
  return { merchantId, impKey, impSecret: impSecret.reveal(), channel: added.channel }
}
