import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { createOutboundGuard, type GuardOptions } from './outbound-guard.ts'

const zone: Readonly<Record<string, readonly string[]>> = {
  'shop.example': ['93.184.216.34', '2606:2800:220:1::1'],
  'inside.example': ['10.1.2.3'],
  'mixed.example': ['93.184.216.34', '127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'zoned.example': ['fe80::1%eth0'],
  'garbage.example': ['not an address'],
  'hooks.corp.example': ['10.9.9.9'],
}

function guardWith(options: Partial<GuardOptions> = {}) {
  return createOutboundGuard({
    allow: [],
    allowsInsideForSandbox: false,
    resolve: async (host) => zone[host] ?? Promise.reject(new Error('ENOTFOUND')),
    ...options,
  })
}

async function ruling(url: string, options: Partial<GuardOptions> = {}, sandbox = false) {
  const result = await guardWith(options).check(url, { sandbox })
  return result.kind === 'allowed' ? 'allowed' : result.cause
}

describe('an address to send to', () => {
  it('is allowed when every address of its host is public, and only those may be connected to', async () => {
    const result = await guardWith().check('https://shop.example/hook?x=1', { sandbox: false })
    assert.ok(result.kind === 'allowed')
    assert.deepEqual(result.addresses, [
      { address: '93.184.216.34', family: 4 },
      { address: '2606:2800:220:1::1', family: 6 },
    ])
    assert.equal(result.host, 'shop.example')
  })

  it('is refused when one of them is inside', async () => {
    for (const host of ['inside', 'mixed', 'metadata', 'zoned', 'garbage'])
      assert.equal(await ruling(`https://${host}.example/`), 'inside', host)
  })

  it('is refused when it does not resolve', async () => {
    assert.equal(await ruling('https://nowhere.example/'), 'unresolvable')
  })

  it('is refused when it is no plain web address', async () => {
    for (const url of [
      '',
      'shop.example',
      'ftp://shop.example/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/plain,x',
      'gopher://shop.example/',
      'https://user@shop.example/',
      'https://user:pw@shop.example/',
      'https://:pw@shop.example/',
      'https://shop.example:0/',
      'https://shop.example:70000/',
      'https://[fe80::1%25eth0]/',
      `https://shop.example/${'x'.repeat(2_000)}`,
    ])
      assert.equal(await ruling(url), 'bad_url', url)
  })

  it('may have any port but 0', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 65_535 }), async (port) => {
        assert.equal(await ruling(`http://shop.example:${port}/`), 'allowed')
      }),
      { numRuns: 50 },
    )
  })
})

// Every way a URL parser knows to write an IPv4 address.
function spellings(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
  const whole = ((a * 256 + b) * 256 + c) * 256 + d
  const octal = (value: number) => `0${value.toString(8)}`
  const hex = (value: number) => `0x${value.toString(16)}`
  const wide = [...address].map((letter) =>
    letter === '.' ? '\u3002' : String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
  )
  const escaped = [...address].map((letter) => `%${letter.charCodeAt(0).toString(16)}`)
  const pair = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  return [
    address,
    `${address}.`,
    String(whole),
    hex(whole),
    octal(whole),
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    [a, b, c, d].map(octal).join('.'),
    [a, b, c, d].map(hex).join('.'),
    `${hex(a)}.${octal(b)}.${c * 256 + d}`,
    wide.join(''),
    escaped.join(''),
    `[::ffff:${address}]`,
    `[::FFFF:${pair}]`,
    `[0:0:0:0:0:ffff:${pair}]`,
    `[64:ff9b::${pair}]`,
    `[::${pair}]`,
    `[::ffff:0:${pair}]`,
    `[2002:${pair}::1]`,
    `[2606:4700::5efe:${pair}]`,
  ]
}

const insideIpv4 = fc
  .tuple(
    fc.constantFrom(
      '10',
      '127',
      '169.254',
      '172.16',
      '172.31',
      '192.168',
      '100.64',
      '0',
      '224',
      '255',
    ),
    fc.ipV4(),
  )
  .map(([start, rest]) => [...start.split('.'), ...rest.split('.')].slice(0, 4).join('.'))

describe('an inside address', () => {
  it('is refused in every spelling', async () => {
    await fc.assert(
      fc.asyncProperty(insideIpv4, async (address) => {
        for (const host of spellings(address))
          assert.equal(await ruling(`http://${host}:8080/x`), 'inside', host)
      }),
      { numRuns: 200 },
    )
  })

  it('is refused when any name resolves to it, in any form a resolver gives', async () => {
    await fc.assert(
      fc.asyncProperty(insideIpv4, async (address) => {
        for (const answer of [address, `::ffff:${address}`]) {
          const resolve = async () => ['93.184.216.34', answer]
          assert.equal(await ruling('https://rebound.example/', { resolve }), 'inside')
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('the sandbox', () => {
  const inSandbox = { allowsInsideForSandbox: true }

  it('may send to loopback and private addresses', async () => {
    for (const url of ['http://127.0.0.1:3000/', 'http://[::1]:3000/', 'http://inside.example/'])
      assert.equal(await ruling(url, inSandbox, true), 'allowed', url)
  })

  it('may not send to metadata, link-local or unspecified addresses', async () => {
    for (const url of [
      'http://169.254.169.254/',
      'http://169.254.1.1/',
      'http://[fe80::1]/',
      'http://0.0.0.0/',
      'http://[::]/',
      'http://metadata.example/',
    ])
      assert.equal(await ruling(url, inSandbox, true), 'inside', url)
  })

  it('opens nothing for live payments, nor on a server that is no sandbox', async () => {
    assert.equal(await ruling('http://127.0.0.1/', inSandbox, false), 'inside')
    assert.equal(await ruling('http://127.0.0.1/', {}, true), 'inside')
  })
})

describe('the allow-list', () => {
  it('opens a range, an address, and a host by name', async () => {
    assert.equal(await ruling('http://10.1.2.3/', { allow: ['10.1.0.0/16'] }), 'allowed')
    assert.equal(await ruling('http://10.2.2.3/', { allow: ['10.1.0.0/16'] }), 'inside')
    assert.equal(await ruling('http://[::ffff:10.1.2.3]/', { allow: ['10.1.0.0/16'] }), 'allowed')
    assert.equal(await ruling('http://127.0.0.1/', { allow: ['127.0.0.1'] }), 'allowed')
    assert.equal(await ruling('http://127.0.0.2/', { allow: ['127.0.0.1'] }), 'inside')
    assert.equal(
      await ruling('http://HOOKS.corp.example/', { allow: ['Hooks.Corp.example'] }),
      'allowed',
    )
    assert.equal(
      await ruling('http://inside.example/', { allow: ['hooks.corp.example'] }),
      'inside',
    )
  })

  it('opens a metadata service only by its own address', async () => {
    const url = 'http://169.254.169.254/'
    assert.equal(await ruling(url, { allow: ['169.254.0.0/16', '0.0.0.0/0'] }), 'inside')
    assert.equal(
      await ruling('http://metadata.example/', { allow: ['metadata.example'] }),
      'inside',
    )
    assert.equal(await ruling(url, { allow: ['169.254.169.254'] }), 'allowed')
  })

  it('is refused at the start when an entry means nothing', () => {
    for (const entry of ['10.0.0.0/40', 'http://x/', 'a b', 'x:80', 'user@x'])
      assert.throws(() => guardWith({ allow: [entry] }), { code: 'bad_configuration' }, entry)
  })
})
