// PAYJOA's side of the evidence port: its notifications and its daily files.

import type { Agent } from 'undici'

import type { EvidenceSource } from '../evidence.ts'
import { fetchDailyFile } from './daily-file.ts'
import { acknowledgement, readNotification, refusal } from './notification.ts'
import type { UrlRules } from './return-url.ts'
import { undici } from './undici.ts'

export interface PayjoaEvidenceOptions extends UrlRules {
  readonly connectMs: number
  readonly readMs: number
}

export interface PayjoaEvidence extends EvidenceSource {
  close(): Promise<void>
}

// 200,000 lines of some 70 bytes are 14 MB.
const fileBytesMax = 64 * 1024 * 1024

/** Keeps nothing but its connections. */
export function createPayjoaEvidence(options: PayjoaEvidenceOptions): PayjoaEvidence {
  let agent: Agent | undefined
  const open = () => {
    const { Agent: Opened } = undici()
    return new Opened({ connect: { timeout: options.connectMs }, connections: 4 })
  }
  return {
    acknowledgement,
    refusal,
    readNotification,
    fetchReport: (contract, day) =>
      fetchDailyFile(
        {
          ...options,
          dispatcher: (agent ??= open()),
          timeoutMs: options.readMs,
          bytesMax: fileBytesMax,
        },
        contract,
        day,
      ),
    close: async () => agent?.close(),
  }
}
