// The processes of a run: each started, killed and started again by itself, on the port it had.

import { once } from 'node:events'

import { type Launched, launch, type Program } from '../support/child-program.ts'

export interface Supervised {
  readonly name: string
  /** Deaths so far, by whatever hand. */
  readonly deaths: number
  readonly isUp: boolean
  start(): Promise<void>
  /** SIGKILL; it is started again by itself while the run lasts. */
  kill(): void
  /** No further start after this; waits for the end. */
  retire(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** What a process writes when it dies at an edge, before the edge's name. */
export const diedAtMark = 'died at edge: '

/** Starts it again whenever it ends. `onDeath` is told each time, with the edge it died at, if it died at one. */
export function supervise(
  program: Program,
  {
    logDir,
    onDeath,
  }: {
    readonly logDir: string
    readonly onDeath: (edge: string | null) => void
  },
): Supervised {
  let launched: Launched | null = null
  let isRetired = false
  let isUp = false
  let deaths = 0

  async function start(): Promise<void> {
    launched = launch(program, logDir)
    void restartAfter(launched.closed)
    await launched.ready
    isUp = true
  }

  async function restartAfter(closed: Promise<string>): Promise<void> {
    const lastSaid = await closed
    isUp = false
    if (isRetired) return
    deaths += 1
    onDeath(lastSaid.split(diedAtMark)[1]?.split('\n')[0] ?? null)
    start().catch(() => undefined) // its next end is told of likewise
  }

  return {
    name: program.name,
    get deaths() {
      return deaths
    },
    get isUp() {
      return isUp
    },
    start,
    kill: () => void launched?.child.kill('SIGKILL'),
    async retire(signal) {
      isRetired = true
      const child = launched?.child
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}
