// A session: an operator who has proved who they are, for as long as they keep working.

import type { MerchantId } from '../primitives/ids.ts'
import type { OperatorRole } from './role.ts'

/** The operator behind a live session. */
export interface SessionOperator {
  readonly merchantId: MerchantId
  readonly sessionId: string
  readonly operatorId: string
  readonly email: string
  readonly role: OperatorRole
}
