// The browser that tests open pages in: Debian's Chromium.

import { existsSync } from 'node:fs'

import { type Browser, chromium } from 'playwright-core'

/** Where Debian and its siblings put it. */
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) =>
  existsSync(path),
)

// The same browser without the windows around a page. Where it is installed, most tests use it: a page costs half.
const shellPath = '/usr/bin/chromium-headless-shell'

/** For `describe`: why tests in a browser cannot run here, or false. */
export const skipWithoutBrowser =
  browserPath === undefined ? 'no Chromium: apt-get install chromium' : false

/** `asSeen`: the whole browser, with the fonts of the page, for tests of how pages look. */
export type BrowserLook = 'plain' | 'asSeen'

export function launchBrowser(look: BrowserLook = 'plain'): Promise<Browser> {
  const isPlain = look === 'plain'
  return chromium.launch({
    executablePath: isPlain && existsSync(shellPath) ? shellPath : (browserPath as string),
    // The tests may run as root, for whom the browser's sandbox does not start.
    args: ['--no-sandbox', '--disable-gpu', ...(isPlain ? ['--disable-remote-fonts'] : [])],
  })
}
