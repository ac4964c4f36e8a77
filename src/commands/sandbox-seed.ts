// A seeded sandbox: the n-th start of a data directory always draws the same identifiers, so a history can be made
// again from an empty directory, and a later start does not draw the ones that are taken.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { IdSource } from '../primitives/ids.ts'
import { seededIds } from '../primitives/seeded-ids.ts'

export interface SandboxSeed {
  readonly ids: IdSource
  /** For the simulator's own tokens, keys and approval numbers. */
  readonly simulatorSeed: number
}

/** Counts this start and gives what it draws from; undefined without a seed. */
export async function prepareSeed(
  seed: string | null,
  dataDir: string,
): Promise<SandboxSeed | undefined> {
  if (seed === null) return undefined
  const file = join(dataDir, 'starts')
  const text = await readFile(file, 'utf8').catch(() => '0')
  const start = Number.parseInt(text, 10) + 1
  await writeFile(file, `${start}\n`)
  const ofStart = `${seed}\n${start}`
  // 31 bits: what the simulator's --seed takes.
  const simulatorSeed = createHash('sha256').update(ofStart).digest().readUInt32BE(0) >>> 1
  return { ids: seededIds(ofStart), simulatorSeed }
}
