// undici, loaded when the first connection is opened: it is a tenth of what a start would load.

import { createRequire } from 'node:module'

import type * as Undici from 'undici'

const load = createRequire(import.meta.url)
// What is not installed has to show at the start, and not at the first payment.
const file = load.resolve('undici')

let loaded: typeof Undici | undefined

export function undici(): typeof Undici {
  return (loaded ??= load(file) as typeof Undici)
}
