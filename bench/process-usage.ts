// What processes use, as the kernel counts it: processor time and memory. Linux only; elsewhere zeros.

import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ, which the kernel's ABI fixes at 100 on every platform Node runs on. */
const ticksPerSecond = 100

/** Processor time so far in milliseconds, of the process and of its children, living ones included. */
export function cpuMsOf(pid: number): number {
  const own = statOf(pid)
  if (own === null) return 0
  const living = childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.ownTicks ?? 0), 0)
  return ((own.ownTicks + own.endedChildTicks + living) * 1000) / ticksPerSecond
}

export interface Memory {
  readonly rssMb: number
  /** The most it ever was. */
  readonly peakRssMb: number
}

export function memoryOf(pid: number): Memory {
  const status = readOf(pid, 'status')
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  return { rssMb: megabytes('VmRSS'), peakRssMb: megabytes('VmHWM') }
}

/**
 * What each connection of a PostgreSQL server takes for itself, in megabytes: its process, without the memory that all
 * share. Empty where the kernel does not tell.
 */
export function backendsMb(postmasterPid: number): number[] {
  return childrenOf(postmasterPid)
    .filter((pid) => /^postgres: \S+ \S+ (?:\[local\]|\d)/.test(readOf(pid, 'cmdline')))
    .map((pid) => {
      const parts = readOf(pid, 'smaps_rollup').matchAll(/^Private_\w+:\s+(\d+) kB/gm)
      return [...parts].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024
    })
    .filter((megabytes) => megabytes > 0)
}

interface Stat {
  readonly parent: number
  readonly ownTicks: number
  readonly endedChildTicks: number
}

// proc(5): the name stands in brackets and may hold anything, so fields are counted from behind it.
function statOf(pid: number): Stat | null {
  const text = readOf(pid, 'stat')
  if (text === '') return null
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const at = (field: number) => fields[field - 3] ?? 0
  return { parent: at(4), ownTicks: at(14) + at(15), endedChildTicks: at(16) + at(17) }
}

function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .map(Number)
    .filter((candidate) => Number.isSafeInteger(candidate) && statOf(candidate)?.parent === pid)
}

function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
