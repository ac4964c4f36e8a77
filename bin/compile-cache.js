// Compiled code is kept between starts, which halves the time that a start takes. In a folder of this installation: one
// that others may write to could be given code to run. Where it cannot be written, each start compiles anew.

import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../node_modules/.cache/billkey', import.meta.url))

// NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE go before this.
enableCompileCache(folder)
// Processes that we start, the simulator among them, have it too.
process.env.NODE_COMPILE_CACHE ??= folder
