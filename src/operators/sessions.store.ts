// Every statement about sessions. A token is found by its hash within the merchant that it names itself.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Operator, OperatorName } from './operator.ts'
import { idleMs, type SessionOperator } from './session.ts'

export interface NewSession extends OperatorName {
  readonly sessionId: string
  readonly tokenHash: Buffer
  readonly csrfToken: string
  readonly awaitsTotp: boolean
  readonly clientIp: string
  readonly userAgent: string | null
}

const insertStatement = sql(
  'insert_operator_session',
  `insert into operator_sessions (
     merchant_id, session_id, operator_id, token_hash, rotated_at, csrf_token, awaits_totp, client_ip, user_agent,
     started_at, seen_at)
   values ($1, $2, $3, $4, $9, $5, $6, $7, $8, $9, $9)`,
)

export async function insertSession(
  db: Queryable,
  session: NewSession,
  nowMs: number,
): Promise<void> {
  await db.query(insertStatement, [
    session.merchantId,
    session.sessionId,
    session.operatorId,
    session.tokenHash,
    session.csrfToken,
    session.awaitsTotp,
    session.clientIp,
    session.userAgent,
    instant(nowMs),
  ])
}

export interface FoundSession extends SessionOperator, Pick<Operator, 'mustChangePassword'> {
  readonly hasTotp: boolean
  readonly requiresTotp: boolean
  readonly awaitsTotp: boolean
  readonly csrfToken: string
  readonly startedAtMs: number
  readonly seenAtMs: number
  readonly rotatedAtMs: number
  /** It came by the token that was replaced at `rotatedAtMs`. */
  readonly isByOldToken: boolean
}

// The operator as they are now: a role that was taken away, or a person who was disabled, counts at the next request.
const findStatement = sql(
  'find_operator_session',
  `select s.merchant_id as "merchantId", s.session_id as "sessionId", s.operator_id as "operatorId", o.email, o.role,
     o.must_change_password as "mustChangePassword", o.totp_confirmed_at is not null as "hasTotp",
     m.require_totp as "requiresTotp", s.awaits_totp as "awaitsTotp", s.csrf_token as "csrfToken",
     s.started_at as "startedAtMs", s.seen_at as "seenAtMs", s.rotated_at as "rotatedAtMs",
     s.token_hash <> $2 as "isByOldToken"
   from operator_sessions s
   join operators o on o.merchant_id = s.merchant_id and o.operator_id = s.operator_id and o.disabled_at is null
   join merchants m on m.merchant_id = s.merchant_id
   where s.merchant_id = $1 and (s.token_hash = $2 or s.previous_token_hash = $2)`,
)

export async function findSessionByToken(
  db: Queryable,
  owner: MerchantId,
  tokenHash: Buffer,
): Promise<FoundSession | undefined> {
  return (await db.query<FoundSession>(findStatement, [owner, tokenHash])).rows[0]
}

type SessionName = Pick<SessionOperator, 'merchantId' | 'sessionId'>

const rotateStatement = sql(
  'rotate_operator_session',
  `update operator_sessions set
     previous_token_hash = token_hash, token_hash = $4, rotated_at = $5, seen_at = $5
   where merchant_id = $1 and session_id = $2 and token_hash = $3`,
)

/** Replaces a token; false when a request beside this one was quicker. */
export async function rotateSession(
  db: Queryable,
  { merchantId, sessionId }: SessionName,
  { from, to }: { readonly from: Buffer; readonly to: Buffer },
  nowMs: number,
): Promise<boolean> {
  const values = [merchantId, sessionId, from, to, instant(nowMs)]
  return (await db.query(rotateStatement, values)).rowCount === 1
}

const noteSeenStatement = sql(
  'note_operator_session_seen',
  `update operator_sessions set seen_at = $3 where merchant_id = $1 and session_id = $2 and seen_at < $3`,
)

export async function noteSessionSeen(
  db: Queryable,
  { merchantId, sessionId }: SessionName,
  nowMs: number,
): Promise<void> {
  await db.query(noteSeenStatement, [merchantId, sessionId, instant(nowMs)])
}

const endStatement = sql(
  'end_operator_session',
  `delete from operator_sessions where merchant_id = $1 and session_id = $2 and operator_id = $3`,
)

/** False when the operator has no such session. */
export async function deleteSession(
  db: Queryable,
  { merchantId, sessionId, operatorId }: SessionName & OperatorName,
): Promise<boolean> {
  return (await db.query(endStatement, [merchantId, sessionId, operatorId])).rowCount === 1
}

const endAllStatement = sql(
  'end_operator_sessions',
  `delete from operator_sessions where merchant_id = $1 and operator_id = $2`,
)

/** Ends all sessions of an operator; gives how many there were. */
export async function deleteSessionsOf(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
): Promise<number> {
  return (await db.query(endAllStatement, [merchantId, operatorId])).rowCount
}

export interface OpenSession {
  readonly sessionId: string
  readonly clientIp: string
  readonly userAgent: string | null
  readonly startedAtMs: number
  readonly seenAtMs: number
}

const listStatement = sql(
  'list_operator_sessions',
  `select session_id as "sessionId", client_ip as "clientIp", user_agent as "userAgent",
     started_at as "startedAtMs", seen_at as "seenAtMs"
   from operator_sessions
   where merchant_id = $1 and operator_id = $2 and not awaits_totp and seen_at > $3 and started_at > $4
   order by seen_at desc, session_id limit 100`,
)

/** The operator's, last seen first. */
export async function listSessions(
  db: Queryable,
  { merchantId, operatorId }: OperatorName,
  after: { readonly seenMs: number; readonly startedMs: number },
): Promise<OpenSession[]> {
  const values = [merchantId, operatorId, instant(after.seenMs), instant(after.startedMs)]
  return (await db.query<OpenSession>(listStatement, values)).rows
}

const findEndedStatement = sql(
  'find_ended_operator_sessions',
  `select distinct merchant_id as "merchantId" from operator_sessions where seen_at < $1 limit 1000`,
)

const sweepStatement = sql(
  'sweep_operator_sessions',
  `delete from operator_sessions where merchant_id = $1 and seen_at < $2`,
)

/** Forgets what ended by itself, one merchant after another. */
export async function sweepSessions(db: Queryable, nowMs: number): Promise<void> {
  const before = instant(nowMs - idleMs)
  const { rows } = await db.query<{ merchantId: MerchantId }>(findEndedStatement, [before])
  for (const { merchantId } of rows) await db.query(sweepStatement, [merchantId, before])
}
