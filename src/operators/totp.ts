// Time-based one-time passwords (RFC 6238) as authenticator apps make them: SHA-1, six digits, thirty seconds. A code of
// the step before or after is taken too, since phones' clocks differ; no code is taken twice, which is the store's to see.

import { createHmac, timingSafeEqual } from 'node:crypto'

import { Secret } from '../primitives/secret.ts'

const stepMs = 30_000
const digits = 6
/** RFC 4226 §4 recommends 160 bits. */
export const totpSecretBytes = 20

/** The step an instant falls into. */
export function totpStepOf(atMs: number): number {
  return Math.floor(atMs / stepMs)
}

/** RFC 4226 §5.3. */
export function totpCode(secret: Uint8Array, step: number, length = digits): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', secret).update(counter).digest()
  const offset = (digest[19] as number) & 15
  const number = digest.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** length).padStart(length, '0')
}

/** The step whose code this is, of the present one and its neighbours; undefined: none. */
export function matchTotp(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const given = Buffer.from(code)
  const present = totpStepOf(nowMs)
  const steps = [present - 1, present, present + 1]
  return steps.find((step) => timingSafeEqual(given, Buffer.from(totpCode(secret, step))))
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 §6, without padding, as apps want it typed. */
export function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const fives = bits.match(/.{1,5}/g) ?? []
  return fives.map((five) => base32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** What a QR code carries: https://github.com/google/google-authenticator/wiki/Key-Uri-Format. */
export function otpauthUri(secret: Uint8Array, { email, merchantName }: TotpAccount): Secret {
  const issuer = `billkey ${merchantName}`
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(email)}`
  const query = `secret=${toBase32(secret)}&issuer=${encodeURIComponent(issuer)}`
  return new Secret(`otpauth://totp/${label}?${query}&algorithm=SHA1&digits=6&period=30`)
}

export interface TotpAccount {
  readonly email: string
  readonly merchantName: string
}
