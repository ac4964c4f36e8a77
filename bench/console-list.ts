// How the console's list of payments bears a hundred thousand of them: Chromium scrolls through some thousand rows by the
// wheel and filters. Frame times as the browser drew them, its longest tasks, and how long the API took, each with its spread
// over the rounds.
//
//     npm exec -- node bench/console-list.ts [payments] [rows to scroll through] [rounds]

import type { Page, Request } from 'playwright-core'

import {
  startBrowserConsole,
  type BrowserConsole,
  type ConsolePage,
} from '../test/console/browser-console.ts'
import { isStill } from '../test/console/every-page.ts'
import { addPayments } from '../test/console/many-rows.ts'

const payments = Number(process.argv[2] ?? 100_000)
const rows = Number(process.argv[3] ?? 4_000)
const rounds = Number(process.argv[4] ?? 3)

const rowHeightPx = 41
const wheelPx = 240

interface Watched {
  readonly frameMs: readonly number[]
  readonly taskMs: readonly number[]
}

interface Round extends Watched {
  readonly apiMs: readonly number[]
  readonly filterMs: Readonly<Record<string, number>>
  readonly rowsPassed: number
  readonly rowsDrawn: number
}

/** From now on the page notes each frame and each task over 50 ms. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const watched = (globalThis.watched = { frameMs: [], taskMs: [] })
    let lastMs
    const tick = (atMs) => {
      if (lastMs !== undefined) watched.frameMs.push(atMs - lastMs)
      lastMs = atMs
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watched.taskMs.push(duration)
    }).observe({ type: 'longtask' })
  })()`)
}

async function scrollThrough(page: Page): Promise<void> {
  const table = page.getByRole('table').first()
  await table.hover()
  for (let passedPx = 0; passedPx < rows * rowHeightPx; passedPx += wheelPx) {
    await page.mouse.wheel(0, wheelPx)
  }
  await isStill(page)
}

/** From the choice to the rows, which is what somebody waits for. */
async function filter(page: Page, choose: () => Promise<void>, row: string): Promise<number> {
  const beganMs = performance.now()
  await choose()
  await page.getByRole('row').nth(1).filter({ hasText: row }).waitFor()
  await isStill(page)
  return performance.now() - beganMs
}

async function filters(page: Page): Promise<Readonly<Record<string, number>>> {
  const search = page.getByRole('searchbox')
  const state = page.getByRole('combobox').first()
  const failed = await filter(
    page,
    () => state.selectOption('failed').then(() => undefined),
    '실패',
  )
  await state.selectOption('')
  const oldest = await filter(page, () => search.fill('many_1'), 'many_1')
  const customer = await filter(page, () => search.fill('many_customer_7'), 'many_customer_7')
  return { failed, 'merchant_uid, a prefix': oldest, customer }
}

async function measure(opened: ConsolePage): Promise<Round> {
  const { page } = opened
  const apiMs: number[] = []
  page.on('requestfinished', (request: Request) => {
    const isList = new URL(request.url()).pathname.endsWith('/console/api/payments')
    const { requestStart, responseEnd } = request.timing()
    if (isList) apiMs.push(responseEnd - requestStart)
  })
  await isStill(page)
  await watch(page)
  await scrollThrough(page)
  const watched = await page.evaluate<Watched>('globalThis.watched')
  const scrolledPx = await page.evaluate<number>(
    `document.querySelector('[data-scroll-restoration-id]').scrollTop`,
  )
  const rowsDrawn = await page.getByRole('row').count()
  const filterMs = await filters(page)
  await opened.close()
  return {
    ...watched,
    apiMs,
    filterMs,
    rowsPassed: Math.round(scrolledPx / rowHeightPx),
    rowsDrawn,
  }
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** The middle of the rounds, and how far apart they lie. */
function spread(name: string, values: readonly number[]): string {
  const [low, middle, high] = [at(values, 0), at(values, 0.5), Math.max(...values)]
  return `${name.padEnd(34)} ${middle.toFixed(1).padStart(8)}   (${low.toFixed(1)} to ${high.toFixed(1)})`
}

function report(results: readonly Round[]): string {
  const of = (take: (round: Round) => number) => results.map(take)
  const names = Object.keys(results[0]?.filterMs ?? {})
  return [
    `${payments} payments, ${rounds} rounds, each past ${of(({ rowsPassed }) => rowsPassed).join(', ')} rows`,
    `rows in the page at the end: ${of(({ rowsDrawn }) => rowsDrawn).join(', ')}`,
    'milliseconds: the middle of the rounds (least to most)',
    spread(
      'frame, median',
      of(({ frameMs }) => at(frameMs, 0.5)),
    ),
    spread(
      'frame, p95',
      of(({ frameMs }) => at(frameMs, 0.95)),
    ),
    spread(
      'frame, p99',
      of(({ frameMs }) => at(frameMs, 0.99)),
    ),
    spread(
      'frame, longest',
      of(({ frameMs }) => Math.max(...frameMs)),
    ),
    spread(
      'task, longest (0: none over 50)',
      of(({ taskMs }) => Math.max(0, ...taskMs)),
    ),
    spread(
      'tasks over 50, how many',
      of(({ taskMs }) => taskMs.length),
    ),
    spread(
      'API, a page, median',
      of(({ apiMs }) => at(apiMs, 0.5)),
    ),
    spread(
      'API, a page, p95',
      of(({ apiMs }) => at(apiMs, 0.95)),
    ),
    ...names.map((name) =>
      spread(
        `filter: ${name}`,
        of(({ filterMs }) => filterMs[name] ?? 0),
      ),
    ),
  ].join('\n')
}

async function runRounds(opened: BrowserConsole): Promise<Round[]> {
  const { app } = opened
  const { merchantId } = app.merchant
  await addPayments(app.parts.db, merchantId, {
    count: payments,
    endMs: Date.now(),
    prefix: 'many_',
  })
  const owner = await opened.addOperator()
  const results: Round[] = []
  for (let round = 0; round < rounds; round += 1) {
    results.push(await measure(await opened.open({ as: owner, path: '/payments' })))
  }
  return results
}

const browserConsole = await startBrowserConsole({ role: 'api', logLevel: 'warn' }, 'asSeen')
try {
  process.stdout.write(`${report(await runRounds(browserConsole))}\n`)
} finally {
  await browserConsole.close()
}
