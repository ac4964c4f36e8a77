// A shop of two years ago for tests of archives, what it looks like from outside, and commands on its database. The
// commands go by the real time, for which everything in the shop is old.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { sealKeyUse } from '../../src/audit/seal-key-use.ts'
import { signChains } from '../../src/audit/sign-chains.ts'
import { adHocSql } from '../../src/db/database.ts'
import { verdictOn } from '../audit/trail.ts'
import { signedInAs } from '../console/console-client.ts'
import { callV1 } from '../support/app.ts'
import { type CommandEnd, startCommandRunner } from '../support/command-runner.ts'
import { hourMs, openShop, type Shop } from '../workers/webhook-shop.ts'

/** After everything that the shop does at first. */
export const before = '2024-04-01'

export interface OldShop extends Shop {
  readonly environment: Readonly<Record<string, string>>
  pathOf(name: string): string
  run(...args: readonly string[]): Promise<CommandEnd>
  /** What a command printed that has to succeed. */
  said(...args: readonly string[]): Promise<string>
  /** The last line of one that has to be refused. */
  refusal(...args: readonly string[]): Promise<string>
  /** Pays, and tells the merchant. */
  payAndTell(): Promise<string>
  call(method: string, path: string, body?: object): ReturnType<typeof callV1>
  /** Seals and signs everything so far. */
  seal(): Promise<void>
  /** What `billkey audit verify` finds. */
  findings(): Promise<string[]>
  /** What merchants and operators see of a payment. */
  picture(impUid: string): Promise<Picture>
  count(text: string): Promise<number>
}

export interface Picture {
  readonly v1: unknown
  readonly byOrder: unknown
  readonly page: unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into entries by name
  readonly entries: any[]
}

export async function openOldShop(): Promise<OldShop> {
  const shop = await openShop({
    startsAt: '2024-03-02T00:10:00Z',
    environment: { BILLKEY_LOG_LEVEL: 'fatal' },
  })
  await shop.setEndpoint({ sendsFailures: true })
  const directory = await mkdtemp(join(tmpdir(), 'billkey-archive-'))
  const { config, db } = shop.app.parts
  const environment = {
    DATABASE_URL: config.databaseUrl?.reveal() ?? '',
    BILLKEY_MASTER_KEY: config.masterKey.key?.reveal() ?? '',
    BILLKEY_LOG_LEVEL: 'fatal',
  }
  const commands = startCommandRunner(environment)
  const run = (...args: readonly string[]) => commands.run(...args)

  async function call(method: string, path: string, body?: object) {
    const { impKey: imp_key, impSecret: imp_secret } = shop.merchant
    const login = await callV1(shop.app.url, 'POST', '/users/getToken', {
      body: { imp_key, imp_secret },
    })
    const headers = { authorization: login.body.response.access_token as string }
    return callV1(shop.app.url, method, path, { headers, ...(body && { body }) })
  }

  return {
    ...shop,
    environment,
    pathOf: (name) => join(directory, name),
    run,
    call,
    async said(...args) {
      const { code, stdout, stderr } = await run(...args)
      assert.equal(code, 0, stderr)
      return stdout + stderr
    },
    async refusal(...args) {
      const { code, stdout, stderr } = await run(...args)
      assert.equal(code, 1, stdout + stderr)
      return stderr.trim().split('\n').at(-1) ?? ''
    },
    async payAndTell() {
      const impUid = await shop.pay()
      await shop.deliver()
      return impUid
    },
    async seal() {
      shop.clock.advance(2 * hourMs)
      while ((await sealKeyUse(shop.app.parts)) > 0);
      await signChains(shop.app.parts)
    },
    async findings() {
      return (await verdictOn(shop.app, shop.merchant)).findings.map(({ text }) => text)
    },
    async picture(impUid) {
      const operator = await signedInAs(shop.app, 'viewer')
      const v1 = (await call('GET', `/payments/${impUid}`)).body.response
      const page = await operator.ok('GET', `/payments/${impUid}`)
      const { entries } = await operator.ok('GET', `/payments/${impUid}/timeline`)
      const byOrder = (await call('GET', `/payments/find/${v1.merchant_uid}`)).body
      return { v1, byOrder, page, entries }
    },
    async count(text) {
      const { rows } = await db.query<{ count: number }>(
        adHocSql(`select count(*) as count ${text}`),
      )
      return rows[0]?.count ?? 0
    },
    async close() {
      await commands.close()
      await shop.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
