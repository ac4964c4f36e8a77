// The plans of statements as the product sends them: auto_explain, which PostgreSQL ships with, tells each plan to the
// connection that sent the statement, and a tap in between hears both. So the values, the prepared statements and the
// settings are those of the process, and a generic plan is one where the server chose it.

import { adHocSql, type Database } from '../src/db/database.ts'
import type { TappedStatement } from '../test/support/statement-tap.ts'

/** EXPLAIN (ANALYZE, BUFFERS, WAL, SETTINGS) of every statement, to whoever sent it. */
const settings = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_level': 'notice',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_wal': 'on',
  'auto_explain.log_settings': 'on',
  'auto_explain.log_parameter_max_length': '0',
} as const

/** Of sessions that begin from now on. */
export async function explainNewSessions(db: Database): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await db.query(adHocSql(`alter system set ${name} = '${value}'`))
  }
  await db.query(adHocSql('select pg_reload_conf()'))
}

export interface StatementPlan {
  readonly name: string
  readonly text: string
  readonly plan: string
  readonly tookMs: number
  /** Of 8 KB, from memory and from disk. */
  readonly pagesTouched: number
}

/** Undefined: it has no name, or the server said nothing of a plan. */
export function planOf({ name, notices }: TappedStatement): StatementPlan | undefined {
  const notice = notices.find((said) => said.startsWith('duration: '))
  if (notice === undefined || name === null) return undefined
  const [, tookMs = '0'] = /^duration: ([\d.]+) ms/.exec(notice) ?? []
  const [, text, plan] = /Query Text: ([^]*?)\n(\S[^\n]*\(cost=[^]*)$/.exec(notice) ?? []
  if (text === undefined || plan === undefined) throw new Error(`no plan is in: ${notice}`)
  // What the uppermost node touched holds what those below it did.
  const [, buffers = ''] = /Buffers: (.*)/.exec(plan) ?? []
  const pages = [...buffers.matchAll(/(?:hit|read)=(\d+)/g)].map(([, count]) => Number(count))
  return {
    name,
    text,
    plan,
    tookMs: Number(tookMs),
    pagesTouched: pages.reduce((sum, count) => sum + count, 0),
  }
}

// A plan for certain values has them in it; of bytes, be it a digest, nobody needs to see more than that they were there.
const bytesPattern = /'\\x[0-9a-f]*'/g

/** For a file: the head, and each statement with its plan. */
export function plansText(head: readonly string[], plans: readonly StatementPlan[]): string {
  const sections = plans.map(
    ({ name, text, plan, tookMs }) =>
      `== ${name}, ${tookMs.toFixed(2)} ms with the explaining\n\n${text}\n\n${plan.replaceAll(bytesPattern, 'bytes').trimEnd()}\n`,
  )
  return [...head, '', ...sections].join('\n').replaceAll(/ +$/gm, '')
}
