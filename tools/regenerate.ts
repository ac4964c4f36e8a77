// Writes every generated document: npm exec -- node tools/regenerate.ts. In the order of their names: the contract of the
// console is made from its OpenAPI document.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

for (const name of readdirSync(folder).sort()) {
  if (!/^generate-.*\.ts$/.test(name)) continue
  const { status } = spawnSync(process.execPath, [folder + name], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
