// Sorts what can go wrong while talking to PostgreSQL. Codes: PostgreSQL manual, appendix A.

import { DatabaseError } from 'pg'

/**
 * The connection was lost while COMMIT was under way, so the transaction may or may not have
 * happened. The caller must look, never assume.
 */
export class CommitUnknown extends Error {
  override name = 'CommitUnknown'

  constructor(cause: unknown) {
    super('the connection was lost during COMMIT: the transaction may have been committed', {
      cause,
    })
  }
}

/** A statement's error had been swallowed, so COMMIT rolled the transaction back. Nothing was kept. */
export class TransactionRolledBack extends Error {
  override name = 'TransactionRolledBack'

  constructor() {
    super('COMMIT rolled back, because an earlier statement of the transaction had failed')
  }
}

/** The server takes no writes: a standby that is not promoted yet, or a primary that has become one. */
export class DatabaseReadOnly extends Error {
  override name = 'DatabaseReadOnly'

  constructor() {
    super('the database can only be read: is it a standby?')
  }
}

// Errors of getting a connection, as they are; wrapped, their codes would be out of sight.
const beforeAnyStatement = new WeakSet<object>()

/** Remembers that no connection was to be had, so that no statement was sent. */
export function markNothingSent(error: unknown): void {
  if (typeof error === 'object' && error !== null) beforeAnyStatement.add(error)
}

/** No connection was to be had: the database knows nothing of the statement, and never will. */
export function wasNothingSent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && beforeAnyStatement.has(error)
}

/** SQLSTATE of a server error; undefined for anything else. */
export function pgErrorCode(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined
}

/** The constraint a statement ran into, for the caller to map to a business error. */
export function violatedConstraint(error: unknown): string | undefined {
  if (!(error instanceof DatabaseError) || error.code?.startsWith('23') !== true) return undefined
  return error.constraint
}

/** With a name, only that constraint counts; without one, any unique or exclusion constraint does. */
export function isUniqueViolation(error: unknown, constraintName?: string): boolean {
  const code = pgErrorCode(error)
  if (code !== '23505' && code !== '23P01') return false
  return constraintName === undefined || violatedConstraint(error) === constraintName
}

export function isCheckViolation(error: unknown, constraintName?: string): boolean {
  if (pgErrorCode(error) !== '23514') return false
  return constraintName === undefined || violatedConstraint(error) === constraintName
}

export function isForeignKeyViolation(error: unknown, constraintName?: string): boolean {
  if (pgErrorCode(error) !== '23503') return false
  return constraintName === undefined || violatedConstraint(error) === constraintName
}

/** The whole transaction may be run again: it was rolled back for the sake of another. */
export function isSerializationFailure(error: unknown): boolean {
  const code = pgErrorCode(error)
  return code === '40001' || code === '40P01'
}

// 22: a value it cannot take. 23: a constraint. 40: rolled back for the sake of another, but for 40003, which says that
// nobody knows.
const undoneClasses = new Set(['22', '23', '40'])

/** The server refused what a statement would have written: it kept nothing of it, and takes the next one. */
export function wasRolledBack(error: unknown): boolean {
  const code = pgErrorCode(error) ?? ''
  // 55P03: a lock was not had in time.
  return (undoneClasses.has(code.slice(0, 2)) && code !== '40003') || code === '55P03'
}

/** The server, or the role, has all the connections it may have. */
export function isTooManyConnections(error: unknown): boolean {
  return pgErrorCode(error) === '53300'
}

/** statement_timeout or an operator's cancel. */
export function isStatementTimeout(error: unknown): boolean {
  return pgErrorCode(error) === '57014'
}

export function isLockTimeout(error: unknown): boolean {
  return pgErrorCode(error) === '55P03'
}

// 57P01–57P05: the server ended the session; 53300: too many clients; 25P03/57P05: idle time-outs.
const lostConnectionCodes = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '53300', '25P03'])

const lostSocketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT', // the socket file of a server that is not running
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

// pg gives these no code; texts as in pg 8.23 (lib/client.js) and pg-pool 3.
const lostConnectionMessages =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/

/**
 * The database could not be reached, or the connection died under the statement. The same work may
 * succeed on a new connection, but a write that was under way may have happened.
 */
export function isRetryableConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof DatabaseReadOnly) return true
  const { code } = error as { code?: string }
  if (error instanceof DatabaseError) {
    return code !== undefined && (lostConnectionCodes.has(code) || code.startsWith('08'))
  }
  if (code !== undefined && lostSocketCodes.has(code)) return true
  return lostConnectionMessages.test(error.message)
}

// 08, 57, 53, 58: connections, an operator, resources, the machine. 25: a primary that has become a standby.
// 28, 3D, 55: a server that lets nobody in for now (a restore, a rotated password), a lock that was not had in
// time. 40: rolled back for the sake of another. 26, 0A: a forgotten or outdated prepared statement.
const passingClasses = new Set(['08', '0A', '25', '26', '28', '3D', '40', '53', '55', '57', '58'])

/**
 * The statement itself is not at fault, so the same one may succeed later. It may also have happened
 * already: only for statements that are safe to repeat.
 */
export function mayPassWithTime(error: unknown): boolean {
  if (isRetryableConnectionError(error)) return true
  return error instanceof DatabaseError && passingClasses.has(error.code?.slice(0, 2) ?? '')
}

/** Whether the session is still fit for other work after this error of a statement. */
export function leavesSessionUsable(error: unknown): boolean {
  if (!(error instanceof DatabaseError) || isRetryableConnectionError(error)) return false
  if (error.severity === 'FATAL' || error.severity === 'PANIC') return false
  // 26000: the server forgot a prepared statement. 0A000: a migration changed what a cached plan
  // returns. 25006: the primary has become a standby. All heal with a new connection.
  return !['26000', '0A000', '25006'].includes(error.code ?? '')
}
