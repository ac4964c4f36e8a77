// Which channels' gateways are taken for down. Few rows at any time: none when all is well.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface ChannelName {
  readonly merchantId: MerchantId
  readonly channelKey: string
}

export interface OpenBreaker extends ChannelName {
  readonly openedAtMs: number
  readonly reason: string
  readonly probes: number
  readonly probeAtMs: number
}

const listStatement = sql(
  'list_gateway_breakers',
  `select merchant_id as "merchantId", channel_key as "channelKey", opened_at as "openedAtMs", reason, probes,
     probe_at as "probeAtMs" from gateway_breakers order by opened_at limit 10000`,
)

/** Of all merchants. Takes no lock. */
export async function listOpenBreakers(db: Queryable): Promise<OpenBreaker[]> {
  return (await db.query<OpenBreaker>(listStatement)).rows
}

const openStatement = sql(
  'open_gateway_breaker',
  `insert into gateway_breakers (merchant_id, channel_key, opened_at, reason, probe_at)
   values ($1, $2, $3, $4, $5) on conflict do nothing`,
)

/** Does nothing when it is open already. */
export async function openBreaker(db: Queryable, opened: OpenBreaker): Promise<void> {
  const { merchantId, channelKey, openedAtMs, reason, probeAtMs } = opened
  const values = [merchantId, channelKey, instant(openedAtMs), reason, instant(probeAtMs)]
  await db.query(openStatement, values)
}

const claimProbeStatement = sql(
  'claim_gateway_probe',
  `update gateway_breakers set probes = probes + 1, probe_at = $4
   where merchant_id = $1 and channel_key = $2 and probe_at <= $3`,
)

/** True for the one process that is to probe now; the next probe is at `nextMs`, should this one fail. */
export async function claimProbe(
  db: Queryable,
  { merchantId, channelKey }: ChannelName,
  nowMs: number,
  nextMs: number,
): Promise<boolean> {
  const values = [merchantId, channelKey, instant(nowMs), instant(nextMs)]
  return (await db.query(claimProbeStatement, values)).rowCount === 1
}

const closeStatement = sql(
  'close_gateway_breaker',
  `delete from gateway_breakers where merchant_id = $1 and channel_key = $2`,
)

/** False when it was not open. */
export async function closeBreaker(
  db: Queryable,
  { merchantId, channelKey }: ChannelName,
): Promise<boolean> {
  return (await db.query(closeStatement, [merchantId, channelKey])).rowCount === 1
}
