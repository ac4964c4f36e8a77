// A self-signed certificate for a name, made on the spot: no key lies about in the repository, and no tool but
// Node is needed. X.509 v3 (RFC 5280), as little of it as TLS clients ask for.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

const tag = {
  integer: 2,
  bitString: 3,
  octetString: 4,
  oid: 6,
  utf8: 12,
  utcTime: 23,
  sequence: 48,
  set: 49,
}

function der(type: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([type, ...size]), content])
}

// Object identifiers, already encoded.
const ecdsaWithSha256 = der(tag.sequence, der(tag.oid, Buffer.from('2a8648ce3d040302', 'hex')))
const commonName = der(tag.oid, Buffer.from('550403', 'hex'))
const subjectAltName = der(tag.oid, Buffer.from('551d11', 'hex'))

function utcTime(date: Date): Buffer {
  return der(tag.utcTime, Buffer.from(date.toISOString().replace(/\D/g, '').slice(2, 14) + 'Z'))
}

/** Valid for the day around this moment. */
export function makeTestCertificate(dnsName: string): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = der(
    tag.sequence,
    der(tag.set, der(tag.sequence, commonName, der(tag.utf8, Buffer.from(dnsName)))),
  )
  const dayMs = 86_400_000
  const validity = der(
    tag.sequence,
    utcTime(new Date(Date.now() - dayMs)),
    utcTime(new Date(Date.now() + dayMs)),
  )
  // [2] is a dNSName.
  const names = der(tag.sequence, der(0x82, Buffer.from(dnsName)))
  const extension = der(tag.sequence, subjectAltName, der(tag.octetString, names))
  const body = der(
    tag.sequence,
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    // Positive, hence the leading byte.
    der(tag.integer, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(tag.sequence, extension)),
  )
  const signature = der(tag.bitString, Buffer.from([0]), sign('sha256', body, privateKey))
  const certificate = der(tag.sequence, body, ecdsaWithSha256, signature)
  const base64 = certificate.toString('base64').replace(/(.{64})/g, '$1\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}
