// An operator is a person who signs in to the console for one merchant.

import type { MerchantId } from '../primitives/ids.ts'
import type { OperatorRole } from './role.ts'

export interface Operator {
  readonly merchantId: MerchantId
  readonly operatorId: string
  readonly email: string
  readonly name: string
  readonly role: OperatorRole
  readonly language: 'ko' | 'en' | null
  readonly passwordHash: string
  readonly mustChangePassword: boolean
  readonly totpSecretSealed: Buffer | null
  readonly totpConfirmedAtMs: number | null
  readonly createdAtMs: number
  readonly lastSignedInAtMs: number | null
  readonly disabledAtMs: number | null
}

export type OperatorName = Pick<Operator, 'merchantId' | 'operatorId'>

/** What the vault binds a TOTP secret to, beside the merchant and the operator. */
export const totpSecretPurpose = 'operator_totp'

export function hasTotp({ totpConfirmedAtMs }: Pick<Operator, 'totpConfirmedAtMs'>): boolean {
  return totpConfirmedAtMs !== null
}

/** As it is stored and compared; undefined for what is no e-mail address. */
export function readEmail(text: string): string | undefined {
  const email = text.trim().normalize('NFKC').toLowerCase()
  const isOne = email.length <= 254 && /^[^\s@"<>,;]+@[^\s@"<>,;]+$/.test(email)
  return isOne ? email : undefined
}
