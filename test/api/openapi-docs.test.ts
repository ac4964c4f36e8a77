// The browsable reference in a real browser: it shows every operation, runs nothing inline, and asks nobody else.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { Browser } from 'playwright-core'

import { startTestApp, type TestApp } from '../support/app.ts'
import { launchBrowser, skipWithoutBrowser } from '../support/browser.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

describe('/docs in a browser', { skip: skipWithoutBrowser }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser.close())

  test('shows every operation, loads nothing from elsewhere and breaks no policy of its own', async () => {
    const asked: string[] = []
    const complaints: string[] = []
    const page = await browser.newPage()
    page.on('request', (request) => void asked.push(request.url()))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => void complaints.push(error.message))
    await page.goto(`${app.url}/docs`)
    await page.locator('.opblock').first().waitFor()

    const document = (await (await fetch(`${app.url}/openapi.json`)).json()) as {
      paths: Record<string, object>
    }
    const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods))
    assert.equal(await page.locator('.opblock').count(), operations.length)

    await page.locator('.opblock', { hasText: '/subscribe/payments/onetime' }).click()
    await page.getByText('order_id_8237352').first().waitFor()
    assert.deepEqual(
      asked.filter((url) => !url.startsWith(`${app.url}/`) && !url.startsWith('data:')),
      [],
    )
    assert.deepEqual(complaints, [])
    await page.close()
  })

  test('sends a request that is tried out to this server', async () => {
    const page = await browser.newPage()
    await page.goto(`${app.url}/docs#/users/postUsersGetToken`)
    const operation = page.locator('#operations-users-postUsersGetToken')
    await operation.getByRole('button', { name: 'Try it out' }).click()
    const { impKey, impSecret } = app.merchant
    const body = JSON.stringify({ imp_key: impKey, imp_secret: impSecret })
    await operation.locator('textarea').first().fill(body)
    await operation.getByRole('button', { name: 'Execute' }).click()
    await operation.locator('.live-responses-table').getByText('access_token').first().waitFor()
    await page.close()
  })
})

test('/docs allows only its own origin, and only the files it needs are reachable', async () => {
  const reply = await fetch(`${app.url}/docs`)
  const html = await reply.text()
  const policy = String(reply.headers.get('content-security-policy'))
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  assert.doesNotMatch(html, /<script>|<style|\son\w+=|https?:/)
  const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string)
  assert.ok(sources.length >= 4)
  for (const path of sources) assert.equal((await fetch(app.url + path)).status, 200, path)
  for (const path of ['/docs/package.json', '/docs/index.html', '/docs/..%2fpackage.json']) {
    assert.equal((await fetch(app.url + path)).status, 404, path)
  }
})
