// Every statement about operators and their recovery codes.

import { instant, instantOrNull, type Queryable, sql, type Transaction } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Operator, OperatorName } from './operator.ts'

/** An e-mail names one operator of a merchant. */
export const operatorEmailTaken = 'operators_email_unique'

/** For a statement that calls operators `o`. */
const operatorColumns = `
  o.merchant_id as "merchantId", o.operator_id as "operatorId", o.email, o.name, o.role, o.language,
  o.password_hash as "passwordHash", o.must_change_password as "mustChangePassword",
  o.totp_secret_sealed as "totpSecretSealed", o.totp_confirmed_at as "totpConfirmedAtMs",
  o.created_at as "createdAtMs", o.last_signed_in_at as "lastSignedInAtMs", o.disabled_at as "disabledAtMs"`

const insertStatement = sql(
  'insert_operator',
  `insert into operators (
     merchant_id, operator_id, email, name, role, password_hash, must_change_password, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
)

/** Violates `operators_email_unique` when the merchant has one with this e-mail. */
export async function insertOperator(
  db: Queryable,
  operator: Pick<
    Operator,
    'merchantId' | 'operatorId' | 'email' | 'name' | 'role' | 'passwordHash' | 'mustChangePassword'
  >,
  nowMs: number,
): Promise<void> {
  await db.query(insertStatement, [
    operator.merchantId,
    operator.operatorId,
    operator.email,
    operator.name,
    operator.role,
    operator.passwordHash,
    operator.mustChangePassword,
    instant(nowMs),
  ])
}

const listStatement = sql(
  'list_operators',
  `select ${operatorColumns} from operators o where o.merchant_id = $1 order by o.created_at, o.operator_id limit 1000`,
)

/** All of a merchant, disabled ones too, oldest first. */
export async function listOperators(db: Queryable, owner: MerchantId): Promise<Operator[]> {
  return (await db.query<Operator>(listStatement, [owner])).rows
}

const findStatement = sql(
  'find_operator',
  `select ${operatorColumns} from operators o where o.merchant_id = $1 and o.operator_id = $2`,
)

export async function findOperator(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
): Promise<Operator | undefined> {
  return (await db.query<Operator>(findStatement, [merchantId, operatorId])).rows[0]
}

const findByEmailStatement = sql(
  'find_operators_by_email',
  `select ${operatorColumns} from operators o where o.email = $1 and o.disabled_at is null
   order by o.last_signed_in_at desc nulls last, o.merchant_id limit 20`,
)

/** Those who may sign in under an e-mail, of all merchants, who signed in last first. Takes no lock. */
export async function findOperatorsByEmail(db: Queryable, email: string): Promise<Operator[]> {
  return (await db.query<Operator>(findByEmailStatement, [email])).rows
}

const lockOwnersStatement = sql(
  'lock_owners',
  `select operator_id as "operatorId" from operators
   where merchant_id = $1 and role = 'owner' and disabled_at is null order by operator_id for update`,
)

/** Keeps the merchant's owners as they are until the transaction ends; gives who they are. */
export async function lockOwners(db: Transaction, owner: MerchantId): Promise<string[]> {
  const { rows } = await db.query<{ operatorId: string }>(lockOwnersStatement, [owner])
  return rows.map(({ operatorId }) => operatorId)
}

/** What may change of an operator. What is left out stays; null for `language` and `disabledAtMs` is a value. */
export interface OperatorChanges {
  readonly name?: string | undefined
  readonly role?: Operator['role'] | undefined
  readonly language?: Operator['language'] | undefined
  readonly disabledAtMs?: number | null | undefined
}

const updateStatement = sql(
  'update_operator',
  `update operators set
     name = coalesce($3, name), role = coalesce($4, role),
     language = case when $5::boolean then $6 else language end,
     disabled_at = case when $7::boolean then $8::timestamptz else disabled_at end, updated_at = $9
   where merchant_id = $1 and operator_id = $2`,
)

export async function updateOperator(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  { name, role, language, disabledAtMs }: OperatorChanges,
  nowMs: number,
): Promise<void> {
  await db.query(updateStatement, [
    merchantId,
    operatorId,
    name ?? null,
    role ?? null,
    language !== undefined,
    language ?? null,
    disabledAtMs !== undefined,
    instantOrNull(disabledAtMs ?? null),
    instant(nowMs),
  ])
}

const setPasswordStatement = sql(
  'set_operator_password',
  `update operators set password_hash = $3, must_change_password = $4, updated_at = $5
   where merchant_id = $1 and operator_id = $2 and password_hash = $6`,
)

/** Only in the place of the one that was proved; false when another was set meanwhile. */
export async function setPassword(
  db: Queryable,
  { merchantId, operatorId, passwordHash }: Pick<Operator, keyof OperatorName | 'passwordHash'>,
  next: { readonly hash: string; readonly mustChange: boolean },
  nowMs: number,
): Promise<boolean> {
  const values = [merchantId, operatorId, next.hash, next.mustChange, instant(nowMs), passwordHash]
  return (await db.query(setPasswordStatement, values)).rowCount === 1
}

const beginTotpStatement = sql(
  'begin_operator_totp',
  `update operators set totp_secret_sealed = $3, totp_last_step = null, updated_at = $4
   where merchant_id = $1 and operator_id = $2 and totp_confirmed_at is null`,
)

/** Keeps a secret that nobody asks for yet. False when one is on. */
export async function beginTotp(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  secretSealed: Buffer,
  nowMs: number,
): Promise<boolean> {
  const values = [merchantId, operatorId, secretSealed, instant(nowMs)]
  return (await db.query(beginTotpStatement, values)).rowCount === 1
}

const confirmTotpStatement = sql(
  'confirm_operator_totp',
  `update operators set totp_confirmed_at = $4, totp_last_step = $3, updated_at = $4
   where merchant_id = $1 and operator_id = $2 and totp_confirmed_at is null and totp_secret_sealed = $5`,
)

/** Switches the secret on that the first code was made with. */
export async function confirmTotp(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  { step, secretSealed }: { readonly step: number; readonly secretSealed: Buffer },
  nowMs: number,
): Promise<boolean> {
  const values = [merchantId, operatorId, step, instant(nowMs), secretSealed]
  return (await db.query(confirmTotpStatement, values)).rowCount === 1
}

const spendStepStatement = sql(
  'spend_operator_totp_step',
  `update operators set totp_last_step = $3
   where merchant_id = $1 and operator_id = $2 and (totp_last_step is null or totp_last_step < $3)`,
)

/** False when this code, or a later one, was taken before. */
export async function spendTotpStep(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  step: number,
): Promise<boolean> {
  return (await db.query(spendStepStatement, [merchantId, operatorId, step])).rowCount === 1
}

const clearTotpStatement = sql(
  'clear_operator_totp',
  `with codes as (
     delete from operator_recovery_codes where merchant_id = $1 and operator_id = $2)
   update operators set
     totp_secret_sealed = null, totp_confirmed_at = null, totp_last_step = null, updated_at = $3
   where merchant_id = $1 and operator_id = $2 and totp_secret_sealed is not null`,
)

/** Switches TOTP off and forgets its recovery codes. False when there was none. */
export async function clearTotp(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  nowMs: number,
): Promise<boolean> {
  const values = [merchantId, operatorId, instant(nowMs)]
  return (await db.query(clearTotpStatement, values)).rowCount === 1
}

const noteSignInStatement = sql(
  'note_operator_sign_in',
  `update operators set last_signed_in_at = $3 where merchant_id = $1 and operator_id = $2`,
)

export async function noteSignIn(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  nowMs: number,
): Promise<void> {
  await db.query(noteSignInStatement, [merchantId, operatorId, instant(nowMs)])
}

const deleteCodesStatement = sql(
  'delete_recovery_codes',
  `delete from operator_recovery_codes where merchant_id = $1 and operator_id = $2`,
)

const insertCodesStatement = sql(
  'insert_recovery_codes',
  `insert into operator_recovery_codes (merchant_id, operator_id, code_hash)
   select $1, $2, decode(hash, 'hex') from unnest($3::text[]) as hash`,
)

/** Puts fresh codes in the place of whatever there was. */
export async function replaceRecoveryCodes(
  db: Transaction,
  { merchantId, operatorId }: OperatorName,
  hashes: readonly Buffer[],
): Promise<void> {
  await db.query(deleteCodesStatement, [merchantId, operatorId])
  const texts = hashes.map((hash) => hash.toString('hex'))
  await db.query(insertCodesStatement, [merchantId, operatorId, texts])
}

const spendCodeStatement = sql(
  'spend_recovery_code',
  `delete from operator_recovery_codes where merchant_id = $1 and operator_id = $2 and code_hash = $3`,
)

/** False when there is no such code, or it was used before. */
export async function spendRecoveryCode(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  hash: Buffer,
): Promise<boolean> {
  return (await db.query(spendCodeStatement, [merchantId, operatorId, hash])).rowCount === 1
}

const countCodesStatement = sql(
  'count_recovery_codes',
  `select count(*) as "count" from operator_recovery_codes where merchant_id = $1 and operator_id = $2`,
)

export async function countRecoveryCodes(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(countCodesStatement, [merchantId, operatorId])
  return rows[0]?.count ?? 0
}
