// Fetches the CSV of payments, telling how far it is. Its last line is `#end,<rows>`: a file without it broke off on
// the way and must not be taken for the whole.

import { failureOf } from '../api/client.ts'
import type { Language } from '../language/words.ts'
import type { PaymentFilter } from './payment-search.ts'

export interface ExportRequest {
  readonly filter: PaymentFilter
  readonly language: Language
  readonly signal: AbortSignal
  readonly onRows: (rows: number) => void
}

export class BrokenExport extends Error {
  override name = 'BrokenExport'
}

export async function fetchExport(request: ExportRequest): Promise<{ file: Blob; rows: number }> {
  const { filter, language, signal, onRows } = request
  const query = new URLSearchParams({ ...textsOf(filter), language })
  const response = await fetch(`/console/api/payments/export?${query}`, { signal })
  if (!response.ok || response.body === null) {
    throw failureOf(await response.json().catch(() => undefined), response.status)
  }
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let lines = 0
  for await (const chunk of chunksOf(response.body)) {
    chunks.push(chunk)
    for (const byte of chunk) if (byte === lineFeed) lines += 1
    onRows(Math.max(0, lines - 1))
  }
  return wholeFile(chunks)
}

const lineFeed = 10

async function* chunksOf(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

async function wholeFile(chunks: Uint8Array<ArrayBuffer>[]): Promise<{ file: Blob; rows: number }> {
  const received = new Blob(chunks)
  const tail = await received.slice(-64).text()
  const end = /\n(#end,(\d+)\r?\n?)$/.exec(tail)
  if (end === null) throw new BrokenExport()
  const [, line = '', rows] = end
  return {
    file: received.slice(0, received.size - line.length, 'text/csv;charset=utf-8'),
    rows: Number(rows),
  }
}

function textsOf(filter: PaymentFilter): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)]))
}

export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser has taken it by the next minute.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
