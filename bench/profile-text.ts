// A CPU profile as V8 writes it, turned into text that can be kept and compared: where a process spent its own time, by
// package or folder and by function.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { fileOf } from '../test/support/child-program.ts'

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

type Frame = CpuProfile['nodes'][number]['callFrame']

const functionsShown = 45

/** Options of a Node process that makes it write its profile into `dir` when it ends. */
export function profilingOptions(dir: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${dir}`, `--cpu-prof-name=${name}.cpuprofile`]
}

/** Every profile in `from` as a text in `to`. */
export async function writeProfileTexts(from: string, to: string, row: string): Promise<string[]> {
  const names = (await readdir(from)).filter((name) => name.endsWith('.cpuprofile')).sort()
  const written: string[] = []
  for (const name of names) {
    const profile = JSON.parse(await readFile(join(from, name), 'utf8')) as CpuProfile
    const file = join(to, `${row}-profile-${name.replace('.cpuprofile', '')}.txt`)
    await writeFile(file, textOf(profile))
    written.push(file)
  }
  return written
}

function textOf({ nodes, samples, timeDeltas }: CpuProfile): string {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const byPackage = new Map<string, number>()
  const byFunction = new Map<string, number>()
  let idleMicros = 0
  let busyMicros = 0
  for (const [at, id] of samples.entries()) {
    const micros = timeDeltas[at] ?? 0
    const frame = frames.get(id)
    if (frame === undefined) continue
    if (frame.functionName === '(idle)') {
      idleMicros += micros
      continue
    }
    busyMicros += micros
    add(byPackage, packageOf(frame), micros)
    add(byFunction, describe(frame), micros)
  }
  const seconds = (micros: number) => (micros / 1e6).toFixed(1)
  return [
    `busy ${seconds(busyMicros)} s, idle ${seconds(idleMicros)} s; shares are of the busy time`,
    '',
    'by package or folder',
    ...sharesOf(byPackage, busyMicros, 40),
    '',
    'by function',
    ...sharesOf(byFunction, busyMicros, functionsShown),
    '',
  ].join('\n')
}

function add(sums: Map<string, number>, key: string, micros: number): void {
  sums.set(key, (sums.get(key) ?? 0) + micros)
}

function sharesOf(sums: ReadonlyMap<string, number>, whole: number, shown: number): string[] {
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([key, micros]) => `${((100 * micros) / whole).toFixed(1).padStart(5)} %  ${key}`)
}

const root = `file://${fileOf('')}`

function pathOf({ url }: Frame): string {
  return url.startsWith(root) ? url.slice(root.length) : url
}

function packageOf(frame: Frame): string {
  const path = pathOf(frame)
  if (path === '') return frame.functionName
  if (path.startsWith('node:')) return path.split('/').slice(0, 2).join('/')
  const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]
  return dependency ?? path.split('/').slice(0, 2).join('/')
}

function describe(frame: Frame): string {
  const { functionName, lineNumber } = frame
  const path = pathOf(frame)
  const name = functionName === '' ? '(anonymous)' : functionName
  return path === '' ? name : `${name}  ${path.replace(/^.*node_modules\//, '')}:${lineNumber + 1}`
}
