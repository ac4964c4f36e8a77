// The console's pages: the files that `npm run build:console` has made, and nothing else of the disk. Files with a hash in
// their name are kept by browsers for ever; index.html never, and it carries a policy that lets nothing else run.

import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export interface ConsolePages {
  /** Where the build puts them. */
  readonly folder: string
  /** True while somebody builds them: the page then says so and asks again. */
  readonly isBeingBuilt: () => boolean
}

const path = '/console'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
}

/** As the build writes them beside each file that compresses. */
const encodings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const

/** What the build leaves in index.html for each answer's own nonce. */
const noncePlaceholder = '__CSP_NONCE__'

// Styles need the nonce for the elements that the component library writes; scripts are files.
function policyOf(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

interface Build {
  /** When index.html was written: another one is another build. */
  readonly madeAtMs: number
  readonly index: string
  /** Paths under the folder, with forward slashes. */
  readonly names: ReadonlySet<string>
}

/** Serves them at /console; paths that are no file belong to the pages' own router. */
export function consoleFiles(app: FastifyInstance, pages: ConsolePages): void {
  const findBuild = createBuildFinder(pages.folder)
  const answerPage = async (_: FastifyRequest, reply: FastifyReply) => {
    const build = await findBuild()
    return build === undefined ? sayNotBuilt(reply, pages) : sendIndex(reply, build)
  }
  app.get(path, answerPage)
  app.get(`${path}/*`, async (request, reply) => {
    const name = (request.params as { '*': string })['*']
    const build = await findBuild()
    const isFile = build?.names.has(name) === true && name !== 'index.html'
    if (isFile) return sendFile(request, reply, { folder: pages.folder, name, names: build.names })
    // A missing script answered with a page would fail in ways that are hard to read.
    if (name.startsWith('assets/')) return sayMissing(reply)
    return answerPage(request, reply)
  })
}

/** True where there are pages to serve. */
export async function hasConsolePages(folder: string): Promise<boolean> {
  return (await createBuildFinder(folder)()) !== undefined
}

// Read anew only when index.html is another one: it comes last, when all that it names is there.
function createBuildFinder(folder: string): () => Promise<Build | undefined> {
  let known: Build | undefined
  return async () => {
    const file = join(folder, 'index.html')
    try {
      const { mtimeMs: madeAtMs } = await stat(file)
      if (known?.madeAtMs !== madeAtMs) {
        const index = await readFile(file, 'utf8')
        const names = await readdir(folder, { recursive: true })
        known = {
          madeAtMs,
          index,
          names: new Set(names.map((name) => name.replaceAll('\\', '/'))),
        }
      }
      return known
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}

function sendIndex(reply: FastifyReply, { index }: Build): FastifyReply {
  const nonce = randomBytes(16).toString('base64')
  return pageHeaders(reply, policyOf(nonce)).send(index.replaceAll(noncePlaceholder, nonce))
}

function pageHeaders(reply: FastifyReply, policy: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()')
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: { readonly folder: string; readonly name: string; readonly names: ReadonlySet<string> },
): Promise<FastifyReply> {
  const { folder, name, names } = file
  const accepted = request.headers['accept-encoding'] ?? ''
  const packed = encodings.find(
    (encoding) =>
      names.has(name + encoding.ending) &&
      new RegExp(`\\b${encoding.name}\\b(?!\\s*;\\s*q=0(?:\\.0*)?\\s*(?:,|$))`).test(accepted),
  )
  reply
    .type(types[extname(name)] ?? 'application/octet-stream')
    .header('vary', 'accept-encoding')
    .header('cache-control', 'public, max-age=31536000, immutable')
  if (packed !== undefined) reply.header('content-encoding', packed.name)
  const content = await readIfThere(join(folder, name + (packed?.ending ?? '')))
  // A build that came in the meantime has removed what is old.
  return content === undefined ? sayMissing(reply) : reply.send(content)
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function sayMissing(reply: FastifyReply): FastifyReply {
  reply.removeHeader('cache-control')
  reply.removeHeader('content-encoding')
  return reply.code(404).type('text/plain').send('not found\n')
}

function sayNotBuilt(reply: FastifyReply, { isBeingBuilt }: ConsolePages): FastifyReply {
  const isComing = isBeingBuilt()
  const [korean, english] = isComing
    ? [
        '콘솔을 준비하고 있습니다. 잠시 후 자동으로 열립니다.',
        'The console is being built. It opens by itself.',
      ]
    : [
        '콘솔이 빌드되어 있지 않습니다: npm run build:console',
        'The console is not built: npm run build:console',
      ]
  const refresh = isComing ? '<meta http-equiv="refresh" content="2">\n' : ''
  return pageHeaders(reply.code(503), "default-src 'none'; frame-ancestors 'none'").send(
    `<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refresh}<title>billkey</title>
</head>
<body>
<p role="status">${korean}</p>
<p lang="en">${english}</p>
</body>
</html>
`,
  )
}
