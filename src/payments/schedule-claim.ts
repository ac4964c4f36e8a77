// How an attempt takes the schedule it charges, in the statement that commits its payment's intent.

/** How an attempt takes a schedule: when it is due, or by hand after it failed or was revoked (V1's retry). */
export interface ScheduleClaim {
  readonly scheduleId: string
  readonly by: 'due' | 'retry'
  /** Should the attempt not reach the gateway, the schedule is due again this much later. Null: it has failed. */
  readonly retryUnsentMs: number | null
  /** What its payment is called, by attempt: the first that is free. */
  readonly impUids: readonly string[]
}

/** Which schedules an attempt may take. `by` and `now` are parameters of the statement. */
export function claimCondition(by: string, now: string): string {
  return `case ${by}::text
    when 'due' then state = 'scheduled' and due_at <= ${now}::timestamptz
    else state = 'revoked' or (state = 'executed' and payment_status = 'failed') end`
}
