// Names to addresses. Merchants choose the names, so the look-up must not be able to hold up anything else: the
// system's resolver (getaddrinfo) runs on four threads that the whole process shares, its calls to the payment
// gateway too, and a name server that never answers would keep them. c-ares has its own sockets and a limit.

import { lookup, Resolver } from 'node:dns/promises'

const tryMs = 2_000
const tries = 2

/** Asks DNS alone: no /etc/hosts, no search domains. Gives none when the name is not known. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: tryMs, tries })
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

/** Asks as every other program of this machine does. For names the operator has allowed, and in the sandbox. */
export async function resolveWithSystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}
