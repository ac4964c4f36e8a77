import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { type AddressKind, classifyAddress, parseAddress, parseRange } from './ip-address.ts'

function kindOf(text: string): AddressKind {
  const address = parseAddress(text)
  assert.ok(address !== null, `${text} should be an address`)
  return classifyAddress(address)
}

const expected: Readonly<Record<AddressKind, readonly string[]>> = {
  public: ['1.1.1.1', '8.8.8.8', '11.0.0.0', '172.32.0.1', '100.128.0.1', '223.255.255.255'],
  loopback: ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  private: [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    'fc00::1',
    'fd12::1',
  ],
  link_local: ['169.254.0.1', 'fe80::1', 'febf::1', '::ffff:169.254.1.1'],
  metadata: [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
  ],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: [
    '0.0.0.0',
    '0.1.2.3',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '198.18.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '192.88.99.1',
    '::',
    '2001:db8::1',
    '2001::1',
    '3fff::1',
    '2002:101:101::1',
    '100::1',
    '5f00::1',
    '4000::1',
  ],
}

describe('what an address leads to', () => {
  for (const [kind, addresses] of Object.entries(expected))
    for (const address of addresses)
      it(`${address} is ${kind}`, () => {
        assert.equal(kindOf(address), kind)
      })

  it('global IPv6 is public', () => {
    assert.equal(kindOf('2606:4700:4700::1111'), 'public')
    assert.equal(kindOf('2a00:1450::1'), 'public')
    assert.equal(kindOf('64:ff9b::8.8.8.8'), 'public')
    assert.equal(kindOf('::ffff:8.8.8.8'), 'public')
  })

  it('a deprecated form around a public address is not public', () => {
    assert.equal(kindOf('::8.8.8.8'), 'reserved')
    assert.equal(kindOf('::ffff:0:8.8.8.8'), 'reserved')
  })

  it('an ISATAP interface identifier is judged by the address it carries', () => {
    assert.equal(kindOf('2606:4700::5efe:10.0.0.1'), 'private')
    assert.equal(kindOf('2606:4700::200:5efe:127.0.0.1'), 'loopback')
  })
})

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()

// An independent judge of "inside", made of Node's own ranges.
const inside = new BlockList()
for (const [base, length] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(base, length, 'ipv4')
inside.addAddress('168.63.129.16', 'ipv4')

// Half of them inside, where a uniform draw would hardly ever come.
const anyIpv4 = fc.oneof(
  ipv4,
  fc
    .tuple(
      fc.constantFrom('10', '127', '169.254', '172.16', '172.31', '192.168', '100.64', '0', '224'),
      ipv4,
    )
    .map(([start, rest]) => [...start.split('.'), ...rest.split('.')].slice(0, 4).join('.')),
)

describe('every address', () => {
  it('of IPv4 is public exactly when it is in no special range', () => {
    fc.assert(
      fc.property(anyIpv4, (address) => {
        assert.equal(kindOf(address) !== 'public', inside.check(address, 'ipv4'))
      }),
      { numRuns: 2_000 },
    )
  })

  it('of IPv4 is the same thing when an IPv6 address carries it', () => {
    fc.assert(
      fc.property(anyIpv4, (address) => {
        const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
        for (const form of [
          `::ffff:${address}`,
          `::ffff:${hex}`,
          `0:0:0:0:0:ffff:${address}`,
          `0000:0000:0000:0000:0000:FFFF:${hex.toUpperCase()}`,
          `64:ff9b::${hex}`,
          `64:ff9b:0:0::${address}`,
        ])
          assert.equal(kindOf(form), kindOf(address), form)
      }),
    )
  })

  it('of IPv6 that is public is global unicast', () => {
    fc.assert(
      fc.property(ipv6, (address) => {
        if (kindOf(address) !== 'public') return
        const first = Number.parseInt(address.split(':')[0] ?? '', 16)
        const isGlobal = first >= 0x2000 && first <= 0x3fff
        const carriesPublic = /^(0*:)*0*:?:?(ffff|64):/i.test(address) || address.startsWith('::')
        assert.ok(isGlobal || carriesPublic, address)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is read as Node reads it, or not at all', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6, fc.string()), (text) => {
        assert.equal(parseAddress(text) !== null, isIP(text) !== 0 && !text.includes('%'))
      }),
    )
  })

  it('of IPv6 is one number, whichever way it is written', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':')
        const short = new URL(`http://[${long}]/`).hostname.slice(1, -1)
        assert.deepEqual(parseAddress(long), parseAddress(short))
      }),
    )
  })
})

describe('a range', () => {
  it('is an address alone, or with a length', () => {
    assert.equal(parseRange('10.0.0.0/8')?.prefixLength, 8)
    assert.equal(parseRange('10.0.0.1')?.prefixLength, 32)
    assert.equal(parseRange('fd00::/8')?.prefixLength, 8)
    for (const wrong of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', 'x/8', '10/8'])
      assert.equal(parseRange(wrong), null, wrong)
  })
})
