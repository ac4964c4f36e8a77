// Deliberate faults, each put into a copy of the sources, to show that the harness sees what it is for.

import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Mutation {
  /** The rule of the design that it breaks. */
  readonly breaks: string
  readonly file: string
  readonly from: string
  readonly to: string
}

export const mutations = {
  'sent again': {
    breaks: 'once the execute request may have left, it is never sent again',
    file: 'src/gateways/payjoa/exchange-steps.ts',
    from: '  const answer = toExecuteAnswer(transmission)\n  const mask = maskFor(line, answer, token)\n  return { answer',
    to: "  if (transmission.kind === 'lost') {\n    const ready = await readyStep(line)\n    if (ready.kind === 'granted') return executeStep(line, ready)\n  }\n  const answer = toExecuteAnswer(transmission)\n  const mask = maskFor(line, answer, token)\n  return { answer",
  },
  'unknown is failed': {
    breaks: 'unknown is a state',
    file: 'src/payments/payment.ts',
    from: "        state: 'unknown',\n        atMs: nowMs,\n        pgTid: outcome.transactionId,\n        applyNum: null,\n        failure: null,\n        failReason: null,",
    to: "        state: 'failed',\n        atMs: nowMs,\n        pgTid: outcome.transactionId,\n        applyNum: null,\n        failure: 'declined',\n        failReason: null,",
  },
  'event outside the commit': {
    breaks: 'the state change and its webhook row commit together',
    file: 'src/payments/settled-follow-ups.ts',
    from: "     where s.purpose = 'order'",
    to: "     where random() > 0.002 and s.purpose = 'order'",
  },
  'lost sender is failed': {
    breaks: 'a charge whose sender died may have happened',
    file: 'src/payments/lost-senders.store.ts',
    from: '     exists (select from exchanges e\n       where e.merchant_id = p.merchant_id and e.imp_uid = p.imp_uid and e.purpose = \'charge\') as "mayBeCharged"',
    to: '     false as "mayBeCharged"',
  },
  'concluded too early': {
    breaks: '"not charged" may be said only after the time in which the gateway still may',
    file: 'src/reconciliation/evidence-rule.ts',
    from: '  return startedAtMs + (sandbox ? rules.sandboxWindowMs : rules.windowMs)',
    to: '  return startedAtMs + (sandbox ? rules.sandboxWindowMs : 0)',
  },
} as const satisfies Readonly<Record<string, Mutation>>

export type MutationName = keyof typeof mutations

const root = fileURLToPath(new URL('../../', import.meta.url))
const copied = ['src', 'bin', 'migrations', 'simulator', 'test', 'package.json', 'openapi.json']

/** A copy of the sources with one deliberate fault; the working tree is never touched. */
export async function mutatedTree(dir: string, name: MutationName): Promise<string> {
  const tree = join(dir, 'tree')
  for (const part of copied) await cp(join(root, part), join(tree, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'))
  const { file, from, to } = mutations[name]
  const path = join(tree, file)
  const text = await readFile(path, 'utf8')
  // The code has moved on: the mutation has to follow, or it would prove nothing.
  if (!text.includes(from)) throw new Error(`mutation '${name}' finds nothing to change in ${file}`)
  await writeFile(path, text.replace(from, to))
  return tree
}
