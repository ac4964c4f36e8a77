// Writes every generated document: npm exec -- node tools/regenerate.ts

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

for (const name of readdirSync(folder).sort()) {
  if (!/^generate-.*\.ts$/.test(name)) continue
  execFileSync(process.execPath, [folder + name], { stdio: 'inherit' })
}
