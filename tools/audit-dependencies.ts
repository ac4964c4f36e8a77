// npm run audit: asks the registry whether anything installed for production has a known vulnerability. Exit code 0:
// nothing known; 1: something was found; 3: the registry could not be asked, which is neither.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const exitCodes = { clean: 0, found: 1, unasked: 3 } as const

interface AuditReport {
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>
  /** What the registry said instead of a report. */
  readonly message?: string
}

interface Vulnerability {
  readonly name: string
  readonly severity: string
  readonly range: string
  readonly via: readonly (string | { readonly title: string; readonly url: string })[]
}

function runAudit(): Promise<string> {
  const args = ['audit', '--omit=dev', '--json']
  return new Promise((resolve) => {
    // npm ends with 1 for what it found and for what it could not ask; what it printed tells them apart.
    execFile('npm', args, { cwd: root, timeout: 120_000 }, (_, stdout) => resolve(stdout))
  })
}

function reportOf(text: string): AuditReport {
  try {
    return JSON.parse(text) as AuditReport
  } catch {
    return { message: 'npm printed no report' }
  }
}

function describe({ name, severity, range, via }: Vulnerability): string {
  const reasons = via.map((one) =>
    typeof one === 'string' ? `by ${one}` : `${one.title} ${one.url}`,
  )
  return `${severity}  ${name} ${range}: ${reasons.join('; ')}`
}

const { vulnerabilities, message = 'no report' } = reportOf(await runAudit())
if (vulnerabilities === undefined) {
  process.stderr.write(
    `could not ask the registry: ${message.replaceAll(/\bhttps?:\S+/g, 'its address')}\n`,
  )
  process.exitCode = exitCodes.unasked
} else {
  const found = Object.values(vulnerabilities)
  for (const one of found) process.stdout.write(`${describe(one)}\n`)
  process.stdout.write(`${found.length} packages with known vulnerabilities\n`)
  process.exitCode = found.length === 0 ? exitCodes.clean : exitCodes.found
}
