// Reads answers off a connection that may carry several. Every answer of the server has a Content-Length, so where one
// ends is plain; whatever cannot be read so is a fault of the server.

export interface HttpAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly body: string
  /** The server said that it closes the connection: requests behind this one are not answered. */
  readonly isLast: boolean
}

/** `bodiless[n]`: the answer to the nth request has none, whatever its length says (HEAD). */
export function readAnswers(bytes: Buffer, bodiless: readonly boolean[]): HttpAnswer[] {
  const answers: HttpAnswer[] = []
  for (let at = 0; at < bytes.length;) {
    const headEnd = bytes.indexOf('\r\n\r\n', at)
    if (headEnd === -1) throw new Error(`no end of headers: ${shown(bytes, at)}`)
    const [statusLine = '', ...lines] = bytes.toString('latin1', at, headEnd).split('\r\n')
    const [, code, statusText = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine) ?? []
    if (code === undefined) throw new Error(`no status line: ${shown(bytes, at)}`)
    at = headEnd + 4
    if (code === '100') continue
    const headers = headersOf(lines)
    const isBodiless = bodiless[answers.length] === true
    const size = isBodiless ? 0 : Number(headers.get('content-length') ?? 0)
    answers.push({
      status: Number(code),
      statusText,
      headers,
      body: bytes.toString('utf8', at, at + size),
      isLast: headers.get('connection') === 'close',
    })
    at += size
  }
  return answers
}

function headersOf(lines: readonly string[]): Headers {
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return headers
}

function shown(bytes: Buffer, at: number): string {
  return JSON.stringify(bytes.toString('latin1', at, at + 200))
}
