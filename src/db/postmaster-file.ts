// postmaster.pid is where PostgreSQL itself writes who serves a cluster. Lines (PostgreSQL source,
// src/include/utils/pidfile.h): pid, data directory, start time, port, socket directory, listen
// address, shared memory key, status.

import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

import { processCommandLine, processStartToken } from './process-identity.ts'

export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  /** Empty on Windows. */
  readonly socketDir: string
  /** It answers, be it as a standby. */
  readonly isReady: boolean
}

/** Null when there is none, or it is not finished. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0) return null
  return {
    pid,
    port: Number(lines[3] ?? 0),
    socketDir: (lines[4] ?? '').trim(),
    isReady: ['ready', 'standby'].includes((lines[7] ?? '').trim()),
  }
}

/** Whether the process of that number is really the server of this cluster, not a later namesake. */
export async function isPostmasterOf(cluster: string, pid: number): Promise<boolean> {
  if ((await processStartToken(pid)) === null) return false
  const commandLine = await processCommandLine(pid)
  // Unreadable: another user's process, or Windows. Then the number has to do, as for PostgreSQL.
  return commandLine === null || commandLine.includes(cluster)
}

/** Whether anything answers on the server's socket, be it in a container whose processes we cannot see. */
export async function isListening(postmaster: PostmasterFile): Promise<boolean> {
  return new Promise((resolve) => {
    const socket =
      postmaster.socketDir === ''
        ? connect(postmaster.port, '127.0.0.1')
        : connect(socketPath(postmaster.socketDir, postmaster.port))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export function socketPath(socketDir: string, port: number): string {
  return join(socketDir, `.s.PGSQL.${port}`)
}
