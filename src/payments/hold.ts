// A merchant whose rows came out of a backup is held: no money moves for it before an operator has released it, since
// whatever is due or asked for may have been done after the backup. The intent's own statement looks, so no process,
// however long it has been running, sends what it should not.

import { type Queryable, sql } from '../db/database.ts'
import { V1Error } from '../http/v1-error.ts'
import type { MerchantId } from '../primitives/ids.ts'

/** Of a statement whose $1 is the merchant: money may move. */
export const isNotHeld =
  'not exists (select from restore_holds h where h.merchant_id = $1 and h.released_at is null)'

const findHoldStatement = sql(
  'find_hold_of_merchant',
  `select from restore_holds where merchant_id = $1 and released_at is null limit 1`,
)

export async function isHeld(db: Queryable, owner: MerchantId): Promise<boolean> {
  return (await db.query(findHoldStatement, [owner])).rowCount > 0
}

const listHeldStatement = sql(
  'list_held_merchants',
  `select distinct merchant_id as "merchantId" from restore_holds where released_at is null`,
)

/** Which merchants are held, as this process saw it last: for work that would find out in vain, again and again. */
export interface HoldWatch {
  isHeld(owner: MerchantId): boolean
  /** Reads them anew; gives how many there are. */
  refresh(): Promise<number>
}

export function createHoldWatch(db: Queryable): HoldWatch {
  let held: ReadonlySet<MerchantId> = new Set()
  return {
    isHeld: (owner) => held.has(owner),
    async refresh() {
      const { rows } = await db.query<{ merchantId: MerchantId }>(listHeldStatement)
      held = new Set(rows.map(({ merchantId }) => merchantId))
      return held.size
    },
  }
}

/** For operators, who can release it. */
export const heldMessage =
  'This merchant came out of a backup and is not released yet: billkey restore status.'

/** Not before an operator has looked at it, which takes longer than a caller waits. */
const retryAfterSeconds = '600'

// A status of its own below 500: nothing was begun, so an Idempotency-Key stays free for the same call later.
export function heldAfterRestore(): V1Error {
  return new V1Error({
    status: 423,
    code: -1,
    message:
      '백업에서 복원된 뒤 거래 대사가 끝나지 않아 결제와 취소를 처리할 수 없습니다. 잠시 후 다시 시도하세요.',
    headers: { 'retry-after': retryAfterSeconds },
  })
}
