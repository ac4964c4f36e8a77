// A billing key that was issued together with a payment and waits for its approval (guide §4).

import type { MerchantId } from '../primitives/ids.ts'

export interface PendingBillingKey {
  readonly merchantId: MerchantId
  readonly impUid: string
  readonly gatewayKeySealed: Buffer
  readonly cardCode: string | null
  readonly cardName: string | null
  readonly cardType: number | null
  readonly issuedAtMs: number
}
