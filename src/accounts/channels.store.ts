// Every statement about channels.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, json, type Queryable, sql, type Transaction } from '../db/database.ts'
import { assert } from '../primitives/assert.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Channel } from './channel.ts'
import type { InstalmentRule } from './instalment-rule.ts'

const channelColumns = `
  merchant_id as "merchantId", channel_key as "channelKey", name, provider, pg_id as "pgId",
  link_key_sealed as "linkKeySealed", base_url as "baseUrl", sandbox, card_route as "cardRoute",
  product_type as "productType", tax_mode as "taxMode", allows_key_in_plain as "allowsKeyInPlain",
  allows_key_in_verified as "allowsKeyInVerified", allows_billing as "allowsBilling", unmappable,
  instalments, rate_cap_per_second as "rateCapPerSecond", total_rate_cap_per_second as "totalRateCapPerSecond",
  late_approvals as "lateApprovals", report_base_url as "reportBaseUrl",
  report_password_sealed as "reportPasswordSealed", is_default as "isDefault", disabled_at as "disabledAtMs"`

/** A CPID may stand in one enabled channel of a merchant. */
export const pgIdTaken = 'channels_pg_id_unique'

const insertChannelStatement = sql(
  'insert_channel',
  `with added as (
     insert into channels (
       merchant_id, channel_key, name, provider, pg_id, link_key_sealed, base_url, sandbox, card_route,
       product_type, tax_mode, allows_key_in_plain, allows_key_in_verified, allows_billing, unmappable,
       instalments, rate_cap_per_second, is_default, created_at, total_rate_cap_per_second, late_approvals,
       report_base_url, report_password_sealed)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
     returning *),
   ${auditEvent({
     from: 'added',
     eventId: '$24',
     actor: '$25',
     action: `'channel.added'`,
     subject: 'channel_key',
     detail: `to_jsonb(added) - '{merchant_id,channel_key,link_key_sealed,report_password_sealed,created_at}'::text[]`,
     at: '$19',
   })}
   select channel_key from added`,
)

export async function insertChannel(db: Queryable, channel: Channel, act: Act): Promise<void> {
  await db.query(insertChannelStatement, [
    channel.merchantId,
    channel.channelKey,
    channel.name,
    channel.provider,
    channel.pgId,
    channel.linkKeySealed,
    channel.baseUrl,
    channel.sandbox,
    channel.cardRoute,
    channel.productType,
    channel.taxMode,
    channel.allowsKeyInPlain,
    channel.allowsKeyInVerified,
    channel.allowsBilling,
    channel.unmappable,
    json(channel.instalments),
    channel.rateCapPerSecond,
    channel.isDefault,
    instant(act.atMs),
    channel.totalRateCapPerSecond,
    channel.lateApprovals,
    channel.reportBaseUrl,
    channel.reportPasswordSealed,
    act.eventId,
    act.actor,
  ])
}

const listChannelsStatement = sql(
  'list_channels',
  `select ${channelColumns} from channels where merchant_id = $1 order by created_at, channel_key`,
)

/** All channels of a merchant, disabled ones too, oldest first. A merchant has a handful. */
export async function listChannels(db: Queryable, owner: MerchantId): Promise<Channel[]> {
  return (await db.query<Channel>(listChannelsStatement, [owner])).rows
}

const clearDefaultStatement = sql(
  'clear_default_channel',
  `update channels set is_default = false where merchant_id = $1 and is_default`,
)

export async function clearDefaultChannel(db: Queryable, owner: MerchantId): Promise<void> {
  await db.query(clearDefaultStatement, [owner])
}

const disableChannelStatement = sql(
  'disable_channel',
  `with disabled as (
     update channels set disabled_at = $3, is_default = false
     where merchant_id = $1 and channel_key = $2 and disabled_at is null
     returning merchant_id, channel_key, pg_id),
   ${auditEvent({
     from: 'disabled',
     eventId: '$4',
     actor: '$5',
     action: `'channel.disabled'`,
     subject: 'channel_key',
     detail: `jsonb_build_object('pgId', pg_id)`,
     at: '$3',
   })}
   select channel_key from disabled`,
)

/** False when there is no such enabled channel. */
export async function disableChannel(
  db: Queryable,
  owner: MerchantId,
  channelKey: string,
  { atMs, eventId, actor }: Act,
): Promise<boolean> {
  const values = [owner, channelKey, instant(atMs), eventId, actor]
  return (await db.query(disableChannelStatement, values)).rowCount === 1
}

const lockChannelStatement = sql(
  'lock_channel',
  `select from channels
   where merchant_id = $1 and channel_key = $2 and disabled_at is null for update`,
)

/** Keeps an enabled channel as it is until the transaction ends; false when there is none. */
export async function lockChannel(
  db: Transaction,
  { merchantId, channelKey }: Pick<Channel, 'merchantId' | 'channelKey'>,
): Promise<boolean> {
  return (await db.query(lockChannelStatement, [merchantId, channelKey])).rowCount === 1
}

export interface SealedReport {
  readonly baseUrl: string
  /** Fresh from the vault. */
  readonly passwordSealed: Buffer
}

/** What may change of a channel. What is left out stays. */
export interface ChannelChanges {
  readonly name?: string | undefined
  readonly unmappable?: Channel['unmappable'] | undefined
  readonly instalments?: InstalmentRule | undefined
  /** Null: no limit from now on. */
  readonly rateCapPerSecond?: number | null | undefined
  readonly totalRateCapPerSecond?: number | null | undefined
  readonly lateApprovals?: Channel['lateApprovals'] | undefined
  readonly report?: SealedReport | undefined
  /** Fresh from the vault. */
  readonly linkKeySealed?: Buffer | undefined
  readonly makeDefault?: boolean | undefined
}

// A link key that was not replaced is never written back, so a rotation of keys meanwhile is not undone.
const updateChannelStatement = sql(
  'update_channel',
  `with changed as (
     update channels set
       name = coalesce($3, name), unmappable = coalesce($4, unmappable),
       instalments = coalesce($5::jsonb, instalments),
       rate_cap_per_second = case when $13::boolean then $6::int else rate_cap_per_second end,
       total_rate_cap_per_second = case when $14::boolean then $15::int else total_rate_cap_per_second end,
       late_approvals = coalesce($16, late_approvals), report_base_url = coalesce($17, report_base_url),
       report_password_sealed = coalesce($18::bytea, report_password_sealed),
       link_key_sealed = coalesce($7::bytea, link_key_sealed), is_default = is_default or $8::boolean
     where merchant_id = $1 and channel_key = $2 and disabled_at is null
     returning channels.*),
   ${auditEvent({
     from: 'changed',
     eventId: '$9',
     actor: '$10',
     action: `'channel.set'`,
     subject: 'channel_key',
     detail: '$11',
     at: '$12',
   })}
   select ${channelColumns} from changed`,
)

/** Changes an enabled channel that is locked, and leaves an audit row. Clear the default before making another. */
export async function updateChannel(
  db: Queryable,
  { merchantId, channelKey }: Pick<Channel, 'merchantId' | 'channelKey'>,
  changes: ChannelChanges,
  act: Act,
): Promise<Channel> {
  const { linkKeySealed, report, name = null, unmappable = null, instalments } = changes
  const { rateCapPerSecond: cap, totalRateCapPerSecond: totalCap, lateApprovals = null } = changes
  const { rows } = await db.query<Channel>(updateChannelStatement, [
    merchantId,
    channelKey,
    name,
    unmappable,
    instalments === undefined ? null : json(instalments),
    cap ?? null,
    linkKeySealed ?? null,
    changes.makeDefault ?? false,
    act.eventId,
    act.actor,
    json(auditDetail(changes)),
    instant(act.atMs),
    cap !== undefined,
    totalCap !== undefined,
    totalCap ?? null,
    lateApprovals,
    report?.baseUrl ?? null,
    report?.passwordSealed ?? null,
  ])
  const [channel] = rows
  assert(channel !== undefined, `channel ${channelKey} is locked and gone`)
  return channel
}

/** Secrets are said to have been replaced, never shown. */
function auditDetail({ linkKeySealed, report, ...shown }: ChannelChanges): object {
  return {
    ...shown,
    ...(linkKeySealed && { linkKey: 'replaced' }),
    ...(report && { reportBaseUrl: report.baseUrl, reportPassword: 'replaced' }),
  }
}

const moveChannelStatement = sql(
  'move_channel',
  `with moved as (
     update channels set base_url = $3, report_base_url = $4, report_password_sealed = $5
     where merchant_id = $1 and channel_key = $2 and (base_url, report_base_url) is distinct from ($3, $4)
     returning merchant_id, channel_key, base_url, report_base_url),
   ${auditEvent({
     from: 'moved',
     eventId: '$6',
     actor: '$7',
     action: `'channel.moved'`,
     subject: 'channel_key',
     detail: `jsonb_build_object('baseUrl', base_url, 'reportBaseUrl', report_base_url)`,
     at: '$8',
   })}
   select channel_key from moved`,
)

/** Points a channel at another host of its gateway; `report`: where that has its daily files, if anywhere. */
export async function moveChannel(
  db: Queryable,
  { merchantId, channelKey }: Pick<Channel, 'merchantId' | 'channelKey'>,
  to: { readonly baseUrl: string; readonly report: SealedReport | null },
  { eventId, actor, atMs }: Act,
): Promise<void> {
  const values = [to.baseUrl, to.report?.baseUrl ?? null, to.report?.passwordSealed ?? null]
  const act = [eventId, actor, instant(atMs)]
  await db.query(moveChannelStatement, [merchantId, channelKey, ...values, ...act])
}

const findChannelByKeyStatement = sql(
  'find_channel_by_key',
  `select ${channelColumns} from channels where channel_key = $1 order by created_at limit 1`,
)

/** By its key alone, which is random: a notification names nothing else. Disabled ones too: theirs may still come. */
export async function findChannelByKey(
  db: Queryable,
  channelKey: string,
): Promise<Channel | undefined> {
  return (await db.query<Channel>(findChannelByKeyStatement, [channelKey])).rows[0]
}

const listReportingStatement = sql(
  'list_reporting_channels',
  `select ${channelColumns} from channels where report_password_sealed is not null`,
)

/** The channels whose daily files can be had, of all merchants; disabled ones too, what is unknown there has to end. */
export async function listReportingChannels(db: Queryable): Promise<Channel[]> {
  return (await db.query<Channel>(listReportingStatement)).rows
}
