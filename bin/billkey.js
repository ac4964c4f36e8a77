#!/usr/bin/env node
// Starts billkey on a Node that can run it: this one if it is new enough, else the one pinned as an optional
// dependency. Plain JavaScript of an old dialect, since an old Node must be able to read it.

import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

// Ids are made with crypto.randomUUIDv7, which came with 24.16 and 26; 24 is what is tested.
function isNewEnough(version) {
  const [major, minor] = version.replace('v', '').split('.').map(Number)
  return major > 25 || (major === 24 && minor >= 16)
}

function findPinnedNode() {
  const suffix = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  const platform = process.platform === 'win32' ? 'win' : process.platform
  try {
    return createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/${suffix}`)
  } catch {
    return undefined
  }
}

const launchedByUs = 'BILLKEY_LAUNCHED'

// A shell between npm and us ends on a signal without passing it on, and a launcher may be killed: either would
// leave us running unseen. So whoever was started by one of them asks itself to stop when its parent is gone.
function stopWithParent() {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}

// Only where traces go somewhere: the SDK costs a tenth of a second at the start, and is an optional dependency.
async function loadTraces() {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = process.env
  if (!all && !own) return
  try {
    const { version } = createRequire(import.meta.url)('../package.json')
    const { startTraces } = await import('./traces.js')
    await startTraces({ version, environment: process.env })
  } catch (error) {
    // Payments do not wait for traces.
    console.error(`billkey: no traces are sent, their SDK could not be loaded: ${error.message}`)
  }
}

if (isNewEnough(process.version)) {
  if (process.env.npm_lifecycle_event !== undefined || process.env[launchedByUs] !== undefined) {
    stopWithParent()
  }
  await import('./heap-growth.js')
  await import('./compile-cache.js')
  await loadTraces()
  // A URL: in a path, '#' and '%' would mean something else, and a drive letter would be a scheme.
  const { main } = await import(new URL('../src/main.ts', import.meta.url).href)
  await main(process.argv.slice(2))
} else {
  const pinned = findPinnedNode()
  if (pinned === undefined) {
    console.error(
      `billkey: Node ${process.version} is too old and no pinned runtime is installed for ` +
        `${process.platform}-${process.arch}: install Node 24.16 or newer, or run 'npm ci' without --omit=optional`,
    )
    process.exit(1)
  }
  // This process only passes signals on and waits. Those of a terminal reach the other one by themselves too.
  const child = spawn(pinned, [join(root, 'bin', 'billkey.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [launchedByUs]: '1' },
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
}
