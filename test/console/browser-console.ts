// The console in a real browser, against a whole billkey: one app and one browser for a test file, a context of its own
// for each page. A page keeps what the browser complained of and every request that left the server's address, and says
// what a screen reader or a keyboard could not use.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

import { addOperator } from '../../src/operators/manage-operators.ts'
import type { OperatorRole } from '../../src/operators/role.ts'
import { startSession } from '../../src/operators/start-session.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type BrowserLook, launchBrowser } from '../support/browser.ts'

export interface BrowserConsole {
  readonly app: TestApp
  /** An operator with a password of their own, ready to sign in. */
  addOperator(role?: OperatorRole, who?: Person): Promise<BrowserOperator>
  /** A page at an address below /console, signed in when an operator is given. */
  open(options?: OpenOptions): Promise<ConsolePage>
  close(): Promise<void>
}

export interface Person {
  readonly email?: string
  readonly name?: string
  /** The app's first merchant, when not given. */
  readonly merchantId?: MerchantId
}

export interface BrowserOperator {
  readonly email: string
  readonly password: string
  /** Begins a session without the work of a password, and gives its cookie's value. */
  startSession(): Promise<string>
}

export interface OpenOptions {
  readonly path?: string
  readonly as?: BrowserOperator
  readonly language?: 'ko' | 'en'
  readonly theme?: 'light' | 'dark'
  /** 390 by 844 points. */
  readonly isPhone?: boolean
  /** What the browser takes for the present; its timers go on. */
  readonly nowMs?: number
}

export interface ConsolePage {
  readonly page: Page
  /** Errors and warnings of the browser, breaches of the policy among them; refusals by the API are none. */
  readonly complaints: readonly string[]
  /** Requests to anywhere but the server. */
  readonly strayRequests: readonly string[]
  /** Fails where axe finds what is serious or critical, where the browser complained, or where a request strayed. */
  readonly assertSound: () => Promise<void>
  readonly close: () => Promise<void>
}

/** As browsers send it. */
const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

type AppOptions = Parameters<typeof startTestApp>[0]

export async function startBrowserConsole(
  options: AppOptions = {},
  look: BrowserLook = 'plain',
): Promise<BrowserConsole> {
  await buildWhenStale()
  const app = await startTestApp(options)
  const browser = await launchBrowser(look).catch(async (error: unknown) => {
    await app.close()
    throw error
  })
  let operators = 0
  return {
    app,
    async addOperator(role = 'owner', who) {
      operators += 1
      const email = who?.email ?? `${role}-in-browser-${operators}@shop.example`
      const name = who?.name ?? `Kim ${role}`
      const password = 'a long and quiet river 7'
      const merchantId = who?.merchantId ?? app.merchant.merchantId
      const wanted = { merchantId, email, name, role, password: new Secret(password) }
      const added = await addOperator(app.parts, wanted, 'test')
      if (added.kind !== 'added') throw new Error(`the operator was not added: ${added.kind}`)
      const client = { clientIp: '127.0.0.1', userAgent }
      const start = () => startSession(app.parts, added.operator, client, false)
      return { email, password, startSession: async () => (await start()).token }
    },
    open: (wanted = {}) => openPage(browser, app.url, wanted),
    async close() {
      await browser.close()
      await app.close()
    },
  }
}

async function openPage(browser: Browser, url: string, wanted: OpenOptions): Promise<ConsolePage> {
  const { path = '', as, language = 'ko', theme = 'light', isPhone = false } = wanted
  const contextOptions: BrowserContextOptions = {
    locale: language === 'ko' ? 'ko-KR' : 'en-US',
    colorScheme: theme,
    viewport: isPhone ? { width: 390, height: 844 } : { width: 1280, height: 860 },
    // Movement would only be waited for.
    reducedMotion: 'reduce',
  }
  const context = await browser.newContext(contextOptions)
  if (wanted.nowMs !== undefined) await context.clock.setFixedTime(wanted.nowMs)
  const page = await context.newPage()
  const complaints: string[] = []
  const strayRequests: string[] = []
  page.on('request', (request) => {
    const asked = request.url()
    if (!asked.startsWith(`${url}/`) && !/^(?:data|blob):/.test(asked)) strayRequests.push(asked)
  })
  page.on('console', (message) => {
    const isRefusal = message.location().url.startsWith(`${url}/console/api/`)
    if (['error', 'warning'].includes(message.type()) && !isRefusal) complaints.push(message.text())
  })
  page.on('pageerror', (error) => void complaints.push(error.message))
  if (as !== undefined) await context.addCookies([await cookieOf(as, url)])
  await page.goto(`${url}/console${path}`)
  return {
    page,
    complaints,
    strayRequests,
    async assertSound() {
      assert.deepEqual(await findBarriers(page), [])
      assert.deepEqual(complaints, [])
      assert.deepEqual(strayRequests, [])
    },
    close: () => context.close(),
  }
}

async function cookieOf(operator: BrowserOperator, url: string) {
  const value = await operator.startSession()
  return { name: 'billkey', value, domain: new URL(url).hostname, path: '/console', httpOnly: true }
}

/** By the form, as an operator does; waits until the page behind it is there. */
export async function signIn(
  page: Page,
  { email, password }: Pick<BrowserOperator, 'email' | 'password'>,
): Promise<void> {
  await page.locator('input[type="email"]').fill(email)
  await page.locator('input[type="password"]').fill(password)
  await page.locator('button[type="submit"]').click()
  await page.locator('main#content h1').waitFor()
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

interface AxeViolation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** What axe finds serious or critical on the page as it stands. */
export async function findBarriers(page: Page): Promise<string[]> {
  // By the debugger's way in, which the page's policy does not see; a script element would break it.
  await page.evaluate(axeSource)
  const violations = await page.evaluate<AxeViolation[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
    )
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Two test files may do so at once: a build is put in place when it is whole. */
async function buildWhenStale(): Promise<void> {
  const index = join(root, 'console/dist/index.html')
  const builtMs = existsSync(index) ? statSync(index).mtimeMs : 0
  const sources = readdirSync(join(root, 'console'), { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^dist(?:[\\/]|$)/.test(name))
    .map((name) => join(root, 'console', name))
  const builder = join(root, 'tools/build-console.ts')
  const newestMs = Math.max(...[builder, ...sources].map((file) => fileMs(file)))
  if (newestMs > builtMs) await promisify(execFile)(process.execPath, [builder])
}

function fileMs(path: string): number {
  const found = statSync(path)
  return found.isFile() ? found.mtimeMs : 0
}
