// What a merchant has decided for itself, and the statement that changes it.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { PendingSchedulesPolicy } from './pending-schedules-policy.ts'

export interface MerchantSettings {
  readonly merchantId: MerchantId
  readonly name: string
  readonly pendingSchedulesOnDelete: PendingSchedulesPolicy
  /** Every operator has to have a second factor. */
  readonly requireTotp: boolean
  readonly createdAtMs: number
}

const columns = `
  merchant_id as "merchantId", name, pending_schedules_on_delete as "pendingSchedulesOnDelete",
  require_totp as "requireTotp", created_at as "createdAtMs"`

const findStatement = sql(
  'find_merchant_settings',
  `select ${columns} from merchants where merchant_id = $1`,
)

export async function findMerchantSettings(
  db: Queryable,
  owner: MerchantId,
): Promise<MerchantSettings> {
  const [settings] = (await db.query<MerchantSettings>(findStatement, [owner])).rows
  if (settings === undefined) throw new Error(`merchant ${owner} is gone`)
  return settings
}

/** What is left out stays. */
export interface MerchantChanges {
  readonly name?: string | undefined
  readonly pendingSchedulesOnDelete?: PendingSchedulesPolicy | undefined
  readonly requireTotp?: boolean | undefined
}

const changeStatement = sql(
  'change_merchant_settings',
  `with changed as (
     update merchants set
       name = coalesce($2, name), pending_schedules_on_delete = coalesce($3, pending_schedules_on_delete),
       require_totp = coalesce($4, require_totp)
     where merchant_id = $1
     returning *),
   ${auditEvent({
     from: 'changed',
     eventId: '$5',
     actor: '$6',
     action: `'merchant.set'`,
     subject: 'merchant_id',
     detail: '$7',
     at: '$8',
   })}
   select ${columns} from changed`,
)

export async function changeMerchantSettings(
  db: Queryable,
  owner: MerchantId,
  changes: MerchantChanges,
  { eventId, actor, atMs }: Act,
): Promise<MerchantSettings> {
  const { rows } = await db.query<MerchantSettings>(changeStatement, [
    owner,
    changes.name ?? null,
    changes.pendingSchedulesOnDelete ?? null,
    changes.requireTotp ?? null,
    eventId,
    actor,
    json(changes),
    instant(atMs),
  ])
  return rows[0] as MerchantSettings
}
