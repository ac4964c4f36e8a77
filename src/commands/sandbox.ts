// `billkey sandbox` (npm start): everything in one process tree, ready to try. A real PostgreSQL, a real HTTP
// exchange with the PAYJOA simulator, and the guide's commands to paste.

import { access, constants, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { issueAccessToken } from '../accounts/issue-access-token.ts'
import { openEverything, type Parts } from '../compose/parts.ts'
import { curlOf, guideSteps } from '../sandbox/guide-commands.ts'
import { startServer } from '../compose/server.ts'
import type { Config } from '../config.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { createLogFile } from '../telemetry/log-file.ts'
import type { Command } from './command.ts'
import {
  prepareSandboxMerchant,
  sandboxContract,
  type SandboxMerchant,
} from './sandbox-merchant.ts'
import { buildConsoleWhenStale } from './console-build.ts'
import { prepareSandboxOperator, type SandboxLogin } from './sandbox-operator.ts'
import { prepareSeed, type SandboxSeed } from './sandbox-seed.ts'
import { sendNotificationsTo, startSimulatorProcess } from './simulator-process.ts'
import { onStopSignal } from './stop-signal.ts'
import { print, printError } from './terminal.ts'

export const sandboxCommand: Command = {
  name: 'sandbox',
  summary: 'Run everything on this machine: database, PAYJOA simulator, API (npm start)',
  help: `Usage: billkey sandbox        (npm start)

Starts the embedded PostgreSQL, the PAYJOA simulator, the V1 API and the console, and prints the API key, a login for
the console and the guide's curl commands. Data is kept in BILLKEY_DATA_DIR (./.billkey) for the next start. Ctrl-C stops all of it. The test
cards are in docs/simulator.md.

Examples:
  npm start
  BILLKEY_PORT=9000 BILLKEY_SIMULATOR_PORT=9001 npm start
  BILLKEY_IMP_KEY=my-key BILLKEY_IMP_SECRET=my-secret npm start`,
  async run(args, config) {
    parseArgs({ args: [...args], options: {} })
    const startedAtMs = performance.now()
    const stopSignal = onStopSignal()
    const dataDir = resolve(config.dataDir)
    await makeDataDirectory(dataDir)
    const seed = await prepareSeed(config.seed, dataDir)
    const parts = await openParts(config, dataDir, seed)
    try {
      await runSandbox(parts, { dataDir, startedAtMs, stopSignal, seed })
    } finally {
      await parts.close()
    }
  },
}

// The terminal belongs to the curl commands; the log goes to a file.
async function openParts(
  config: Config,
  dataDir: string,
  seed: SandboxSeed | undefined,
): Promise<Parts> {
  const log = createLogFile(config.logLevel, join(dataDir, 'billkey.log'))
  return openEverything(config, {
    isSandbox: true,
    isServer: true,
    log,
    ...(seed && { ids: seed.ids }),
  })
}

// The logger opens its file later and by itself, where a refusal could no longer be told in one line.
async function makeDataDirectory(dataDir: string): Promise<void> {
  const log = join(dataDir, 'billkey.log')
  try {
    // Private is only the directory itself: through its parents PostgreSQL's user must pass.
    await mkdir(dirname(dataDir), { recursive: true })
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await access(dataDir, constants.W_OK | constants.X_OK)
    await access(log, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  } catch (error) {
    const { code, path = dataDir } = error as NodeJS.ErrnoException
    throw new StartupError(
      'no_write_permission',
      `cannot write ${path} (${code}): make it a directory that this user may write, or choose another BILLKEY_DATA_DIR`,
      { cause: error },
    )
  }
}

async function runSandbox(
  parts: Parts,
  {
    dataDir,
    startedAtMs,
    stopSignal,
    seed,
  }: {
    readonly dataDir: string
    readonly startedAtMs: number
    readonly stopSignal: Promise<string>
    readonly seed: SandboxSeed | undefined
  },
): Promise<void> {
  const simulator = await startSimulatorProcess({
    port: parts.config.simulatorPort,
    ledgerFile: join(dataDir, 'simulator-ledger.ndjson'),
    seed: seed?.simulatorSeed,
  })
  const build = parts.config.console ? await buildConsoleWhenStale(parts.log) : null
  try {
    const merchant = await prepareSandboxMerchant(parts, dataDir, simulator.url)
    const login = parts.config.console
      ? await prepareSandboxOperator(parts, dataDir, merchant.merchantId)
      : null
    const server = await startServer(parts, 'all', () => build?.isRunning() === true)
    await sendNotificationsTo(simulator.url, {
      cpid: sandboxContract.cpid,
      url: `${server.url}/notifications/daou/${merchant.channelKey}`,
    })
    const readyInMs = Math.round(performance.now() - startedAtMs)
    print(
      await welcome(parts, {
        merchant,
        login,
        apiUrl: server.url,
        simulatorUrl: simulator.url,
        readyInMs,
      }),
    )
    const ending = await Promise.race([stopSignal, simulator.ended, parts.databaseEnded])
    if (ending === 'simulator' || ending === 'database') stopAfterLossOf(ending)
    else print('\nStopping…')
    await server.stop()
  } finally {
    await build?.stop()
    await simulator.stop()
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
    readonly readyInMs: number
  },
): Promise<string> {
  const { merchant, login, apiUrl, simulatorUrl, readyInMs } = facts
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
