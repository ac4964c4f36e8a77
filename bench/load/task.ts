// What the process that makes load is told, and what it answers. Both travel as JSON.

/** Everybody asks again as soon as he is answered: shows the most that can be done, and hides waiting. */
export interface ClosedModel {
  readonly kind: 'closed'
  readonly connections: number
  readonly warmupSeconds: number
  readonly seconds: number
}

/**
 * Requests come at a constant rate, whether the earlier ones are answered or not, and the time of each counts from the
 * instant it was due: a server that stalls cannot hold back those that would have seen it stall.
 */
export interface OpenModel {
  readonly kind: 'open'
  readonly perSecond: number
  /** More than can be under way, else the wait for one counts. */
  readonly connections: number
  readonly warmupSeconds: number
  readonly seconds: number
}

export interface HttpWork {
  readonly kind: 'http'
  /** One, or several that the connections are spread over in turn. */
  readonly origin: string | readonly string[]
  /** Whole requests, sent in turn; `{unique}` becomes ten characters that no other request of the run has. */
  readonly requests: readonly string[]
  /** A right answer has status 200 and this in it. */
  readonly mustContain: string
}

/** The gateway's two steps, and nothing of billkey's between. */
export interface GatewayWork {
  readonly kind: 'gateway'
  readonly origin: string
  readonly cpid: string
  readonly linkKey: string
}

/** Recorded statements, each one round trip, with everything that has to be unique made anew. */
export interface SqlWork {
  readonly kind: 'sql'
  readonly connectionString: string
  readonly statements: readonly RecordedStatement[]
}

export interface RecordedStatement {
  readonly name: string
  readonly text: string
  /** `{unique}` as above, `{uuid:n}` a UUID that is the same wherever n is the same. */
  readonly values: readonly (string | null)[]
}

export type Work = HttpWork | GatewayWork | SqlWork

export interface Task {
  readonly work: Work
  readonly model: ClosedModel | OpenModel
  /** Two characters that begin what is unique, so that no two tasks of a run clash. */
  readonly prefix: string
}

export interface Measured {
  /** Right answers within the measured seconds. */
  readonly count: number
  readonly seconds: number
  readonly errors: number
  readonly firstError: string | null
  /** Milliseconds at 0, 0.5, 1 … 100 %. */
  readonly quantilesMs: readonly number[]
  /** p99.9. */
  readonly p999Ms: number
  /** Open model: how late the load itself was, at its 99th percentile. */
  readonly lateP99Ms: number
  /** Processor time of the load's own process, per right answer. */
  readonly loadCpuMsEach: number
}
