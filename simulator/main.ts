// `node simulator/main.ts`: the simulator as a process of its own.

import { parseArgs } from 'node:util'
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'
import type { Settings } from './settings.ts'

const help = `Usage: node simulator/main.ts [options]

A PAYJOA look-alike with a ledger of what really happened.

  --port <n>         port to listen on; 0 picks a free one (default 8485)
  --host <address>   address to listen on (default 127.0.0.1)
  --ledger <file>    append-only ledger file; without it the ledger ends with the process
  --settings <json>  settings that differ from the defaults, e.g. '{"slowMs":1000}'
  --seed <n>         makes tokens, keys and latencies repeat
  --help             this text

Prints {"simulator":"ready","url":"…"} once it listens. SIGTERM and SIGINT stop it. Started with an
IPC channel, it also stops when its parent is gone.
`

type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'run'; readonly options: SimulatorOptions }

function readArguments(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '8485' },
      host: { type: 'string', default: '127.0.0.1' },
      ledger: { type: 'string' },
      settings: { type: 'string', default: '{}' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { kind: 'help' }
  const port = wholeNumber('--port', values.port, 65_535)
  const settings = JSON.parse(values.settings) as Partial<Settings>
  return {
    kind: 'run',
    options: {
      port,
      host: values.host,
      settings,
      ...(values.ledger === undefined ? {} : { ledgerFile: values.ledger }),
      ...(values.seed === undefined
        ? {}
        : { seed: wholeNumber('--seed', values.seed, 2 ** 31 - 1) }),
    },
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  if (!/^[0-9]{1,10}$/.test(text) || Number(text) > max) {
    throw new Error(`${name} must be a whole number from 0 to ${max}`)
  }
  return Number(text)
}

async function main(): Promise<void> {
  const command = readArguments(process.argv.slice(2))
  if (command.kind === 'help') {
    process.stdout.write(help)
    return
  }
  const simulator = await startSimulator(command.options)
  stopOnRequest(simulator)
  process.stdout.write(`${JSON.stringify({ simulator: 'ready', url: simulator.url })}\n`)
}

function stopOnRequest(simulator: Simulator): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    simulator.close().then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  if (process.connected) process.on('disconnect', stop)
}

function fail(error: unknown): void {
  const { message } = error instanceof Error ? error : new Error(String(error))
  const code = error instanceof Error && 'code' in error ? error.code : null
  const line = code === 'EADDRINUSE' ? `the port is already in use (${message})` : message
  process.stderr.write(`simulator: ${line.replaceAll('\n', ' ')}\n`)
  process.exit(1)
}

main().catch(fail)
