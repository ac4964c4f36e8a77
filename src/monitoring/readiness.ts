// Whether this process can do its work, as /readyz tells a load balancer. Every check has a time limit and is made at
// most once per its interval, however often somebody asks; one that still hangs is not begun again beside itself.

export type Verdict =
  | { readonly isGood: true }
  /** `reason` is words of ours: whoever may ask for /readyz reads it. */
  | { readonly isGood: false; readonly reason: string }

export interface ReadinessCheck {
  readonly name: string
  /** For how long an answer holds; 0: ask each time. */
  readonly everyMs: number
  /** May reject: that is a failure without a reason to show. */
  readonly run: () => Verdict | Promise<Verdict>
}

export interface Readiness {
  readonly isReady: boolean
  readonly checks: Readonly<Record<string, CheckState>>
}

export interface CheckState {
  readonly state: 'ok' | 'failing'
  readonly reason: string | null
  /** Since it was looked at. */
  readonly ageMs: number
}

export interface ReadinessOptions {
  readonly checks: readonly ReadinessCheck[]
  readonly limitMs?: number
  /** Monotonic, in milliseconds. */
  readonly now?: () => number
  readonly onState?: (name: string, isGood: boolean) => void
  /** Told when a check changes, not each time it is made. */
  readonly onChange?: (name: string, verdict: Verdict) => void
}

// Longer than a database that refuses is asked again (db/pool.ts), so that the reason is its own.
const defaultLimitMs = 2_500

interface Known {
  readonly verdict: Verdict
  readonly atMs: number
}

/** Gives the function that judges. It never rejects and never takes longer than the limit. */
export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  const { checks, limitMs = defaultLimitMs, now = () => performance.now() } = options
  const known = new Map<string, Known>()
  const running = new Map<string, Promise<Verdict>>()

  function begin(check: ReadinessCheck): Promise<Verdict> {
    const begun = running.get(check.name)
    if (begun !== undefined) return begun
    const run = settle(check).finally(() => running.delete(check.name))
    running.set(check.name, run)
    return run
  }

  function learn(name: string, verdict: Verdict): Known {
    const before = known.get(name)?.verdict
    const state = { verdict, atMs: now() }
    known.set(name, state)
    options.onState?.(name, verdict.isGood)
    // A start that is good is no news.
    if ((before?.isGood ?? true) !== verdict.isGood) options.onChange?.(name, verdict)
    return state
  }

  async function look(check: ReadinessCheck): Promise<Known> {
    const last = known.get(check.name)
    if (last !== undefined && now() - last.atMs < check.everyMs) return last
    return learn(check.name, await orTooLate(begin(check), limitMs))
  }

  return async () => {
    const looked = await Promise.all(checks.map(look))
    const states = looked.map(({ verdict, atMs }): CheckState => {
      const reason = verdict.isGood ? null : verdict.reason
      return { state: verdict.isGood ? 'ok' : 'failing', reason, ageMs: Math.round(now() - atMs) }
    })
    return {
      isReady: looked.every(({ verdict }) => verdict.isGood),
      checks: Object.fromEntries(states.map((state, at) => [checks[at]?.name ?? '', state])),
    }
  }
}

async function settle(check: ReadinessCheck): Promise<Verdict> {
  try {
    return await check.run()
  } catch {
    // Its words may name hosts and users; the log has them where it happened.
    return { isGood: false, reason: 'it could not be looked at' }
  }
}

async function orTooLate(work: Promise<Verdict>, limitMs: number): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Verdict>((resolve) => {
    const reason = `no answer within ${limitMs} ms`
    timer = setTimeout(resolve, limitMs, { isGood: false, reason })
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
