// What a sandbox is once its other programs are starting: the server on top of them, a merchant with a key, and the
// guide's commands on the terminal.

import { resolve } from 'node:path'

import type { Logger } from 'pino'

import { issueAccessToken } from '../accounts/issue-access-token.ts'
import { openEverything, type Parts } from '../compose/parts.ts'
import { startServer } from '../compose/server.ts'
import type { Config } from '../config.ts'
import type { HashedPassword } from '../operators/password.ts'
import { curlOf, guideSteps } from '../sandbox/guide-commands.ts'
import { buildConsoleWhenStale, type ConsoleBuild } from './console-build.ts'
import {
  prepareSandboxMerchant,
  sandboxContract,
  type SandboxMerchant,
} from './sandbox-merchant.ts'
import { drawSandboxLogin, prepareSandboxOperator, type SandboxLogin } from './sandbox-operator.ts'
import type { SandboxPlace, SandboxPrograms } from './sandbox-programs.ts'
import { sendNotificationsTo, type SimulatorProcess } from './simulator-process.ts'
import { print, printError } from './terminal.ts'

export interface SandboxRun extends SandboxPlace {
  readonly log: Logger
  readonly stopSignal: Promise<string>
}

/** Serves until a signal, or until one of the programs ends. */
export async function runSandbox(
  config: Config,
  { database, simulator }: SandboxPrograms,
  { dataDir, log, seed, stopSignal }: SandboxRun,
): Promise<void> {
  const login = config.console ? drawSandboxLogin(dataDir) : null
  login?.catch(() => undefined) // Awaited below, where its failure is told.
  const parts = await openEverything(config, {
    isSandbox: true,
    isServer: true,
    log,
    database,
    ...(seed && { ids: seed.ids }),
  })
  try {
    await serve(parts, { dataDir, simulator: await simulator, login: await login, stopSignal })
  } finally {
    await parts.close()
  }
}

async function serve(
  parts: Parts,
  {
    dataDir,
    simulator,
    login: drawn,
    stopSignal,
  }: {
    readonly dataDir: string
    readonly simulator: SimulatorProcess
    readonly login: HashedPassword | null
    readonly stopSignal: Promise<string>
  },
): Promise<void> {
  const merchant = await prepareSandboxMerchant(parts, dataDir, simulator.url)
  const login =
    drawn && (await prepareSandboxOperator(parts, merchant.merchantId, { dataDir, drawn }))
  let build: ConsoleBuild | undefined
  // Until it is known whether a build is needed, one may be on its way.
  const server = await startServer(parts, 'all', () => build?.isRunning() ?? true)
  try {
    await sendNotificationsTo(simulator.url, {
      cpid: sandboxContract.cpid,
      url: `${server.url}/notifications/daou/${merchant.channelKey}`,
    })
    print(
      await welcome(parts, { merchant, login, apiUrl: server.url, simulatorUrl: simulator.url }),
    )
    // Not before: it takes what processors there are for seconds.
    if (parts.config.console) build = await buildConsoleWhenStale(parts.log)
    const ending = await Promise.race([stopSignal, simulator.ended, parts.databaseEnded])
    if (ending === 'simulator' || ending === 'database') stopAfterLossOf(ending)
    else print('\nStopping…')
  } finally {
    await server.stop()
    await build?.stop()
  }
}

// The exit code tells scripts; the line tells people, who may just have ended the wrong process.
function stopAfterLossOf(part: string): void {
  printError(
    `billkey: the ${part} has ended unexpectedly; stopping. What was committed is kept: start again`,
  )
  process.exitCode = 1
}

async function welcome(
  parts: Parts,
  facts: {
    readonly merchant: SandboxMerchant
    readonly login: SandboxLogin | null
    readonly apiUrl: string
    readonly simulatorUrl: string
  },
): Promise<string> {
  const { merchant, login, apiUrl, simulatorUrl } = facts
  // Since the process began.
  const readyInMs = performance.now()
  const tokenKey = parts.masterKeys.deriveKey('access token')
  const { token } = await issueAccessToken({ ...parts, tokenKey }, merchant)
  return [
    `billkey sandbox, ready in ${(readyInMs / 1000).toFixed(1)} s. Nothing here moves money.`,
    '',
    `  API         ${apiUrl}`,
    `  imp_key     ${merchant.impKey}`,
    `  imp_secret  ${merchant.impSecret.reveal()}`,
    `  PAYJOA      ${merchant.payjoaBaseUrl}${merchant.payjoaBaseUrl === simulatorUrl ? ' (the simulator; what it really did: /_ledger)' : ''}`,
    ...(login === null ? [] : consoleLines(apiUrl, login)),
    `  webhooks    ${merchant.webhookUrl ?? 'nowhere yet: billkey webhooks endpoint set <url>'}`,
    `  data, log   ${resolve(parts.config.dataDir)}`,
    '',
    ...guideCommands(apiUrl, token, parts.ids.digits(7)),
    '',
    'The token lives 30 minutes; POST /users/getToken gives another. Test cards: docs/simulator.md. Ctrl-C stops.',
  ].join('\n')
}

function consoleLines(apiUrl: string, { email, password }: SandboxLogin): string[] {
  return [
    `  console     ${apiUrl}/console`,
    `  sign in     ${email}  ${password?.reveal() ?? '(with the password you have chosen)'}`,
  ]
}

function guideCommands(apiUrl: string, token: string, run: string): string[] {
  return guideSteps(run)
    .flatMap((step) => [`# ${step.note}`, curlOf(step, apiUrl, token), ''])
    .slice(0, -1)
}
