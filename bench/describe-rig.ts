// The machine, the versions, and the settings as the database itself reports them.

import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

import { adHocSql } from '../src/db/database.ts'
import type { Rig } from './rig.ts'

const settings = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'shared_buffers',
  'max_connections',
] as const

export async function describeRig({ parts, postgres }: Rig): Promise<Record<string, string>> {
  const { rows } = await parts.db.query<{ name: string; setting: string }>(
    adHocSql(`select name, current_setting(name) as setting from pg_settings
      where name in (${settings.map((name) => `'${name}'`).join(', ')})`),
  )
  const valueOf = (name: string) => rows.find((row) => row.name === name)?.setting ?? 'unknown'
  return {
    processor: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, shared by everything that is measured`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    kernel: `${process.platform} ${release()}`,
    'file system of the database': fileSystemOf(postgres.location),
    Node: process.version,
    PostgreSQL: valueOf('server_version'),
    ...Object.fromEntries(settings.slice(1).map((name) => [name, valueOf(name)])),
  }
}

/** The type of the mount that a path is on. */
function fileSystemOf(path: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').trim().split('\n')
    const [longest] = mounts
      .map((line) => line.split(' '))
      .filter(([, at = '']) => path === at || path.startsWith(at === '/' ? '/' : `${at}/`))
      .sort(([, a = ''], [, b = '']) => b.length - a.length)
    return longest?.[2] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
