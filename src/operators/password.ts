// Passwords of operators: what is taken, and how they are kept. scrypt with its parameters beside the hash, so that they
// can grow; the same password typed on another keyboard is the same (NFKC).

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

import { Secret } from '../primitives/secret.ts'
import { commonPasswords } from './common-passwords.ts'

export const passwordLengthMin = 12
const passwordLengthMax = 256

export type PasswordFault = 'too_short' | 'too_long' | 'common' | 'about_you'

/** Why a password is not taken; `about`: the e-mail and the name it must not be made of. */
export function faultOfPassword(
  password: Secret,
  about: readonly string[],
): PasswordFault | undefined {
  const text = normal(password)
  // Characters, not code units: one emoji is one.
  const { length } = Array.from(text)
  if (length < passwordLengthMin) return 'too_short'
  if (length > passwordLengthMax) return 'too_long'
  if (isCommon(text.toLowerCase())) return 'common'
  return about.some((word) => isMadeOf(text.toLowerCase(), word.toLowerCase()))
    ? 'about_you'
    : undefined
}

function isCommon(text: string): boolean {
  if (new Set(text).size < 5 || isCounting(text)) return true
  return commonPasswords.has(text) || commonPasswords.has(text.replace(/[\d\W_]+$/u, ''))
}

/** `123456789012`, `abcdefghijkl`: each character follows the one before. */
function isCounting(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) as number)
  const steps = codes.slice(1).map((code, index) => code - (codes[index] as number))
  const ones = steps.filter((step) => step === 1 || step === -1 || step === -9).length
  return ones >= steps.length - 1
}

/** What is left after the word was taken out is too short to count. */
function isMadeOf(text: string, word: string): boolean {
  const parts = [word, ...word.split(/[@.\s+_-]+/)].filter((part) => part.length >= 4)
  return parts.some((part) => text.includes(part) && text.replaceAll(part, '').length < 6)
}

/** A password for one sign-in: 80 random bits, in groups that can be read aloud. */
export function newPassword(): Secret {
  return new Secret(groupsOf(readable(randomBytes(16))))
}

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Letters and digits that are not mistaken for each other; five bits of each byte. */
export function readable(bytes: Uint8Array): string {
  return [...bytes].map((byte) => alphabet[byte & 31] as string).join('')
}

/** Four by four, with hyphens. */
export function groupsOf(text: string): string {
  return (text.match(/.{1,4}/g) ?? []).join('-')
}

/** What a guess costs. */
export interface PasswordCost {
  /** log2 of N. */
  readonly ln: number
  readonly r: number
  readonly p: number
}

// OWASP's password storage cheat sheet: N=2^16, r=8, p=2 is one of its equals; 64 MB for about a fifth of a second.
export const passwordCost: PasswordCost = { ln: 16, r: 8, p: 2 }
const hashBytes = 32

/** A password and what is stored of it, where there was time to make that before it is needed. */
export interface HashedPassword {
  readonly password: Secret
  readonly passwordHash: string
}

/** What is stored of a password: `$scrypt$ln=16,r=8,p=2$<salt>$<hash>`, in base64. */
export async function hashPassword(password: Secret, by: PasswordCost): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(normal(password), salt, by)
  const parameters = `ln=${by.ln},r=${by.r},p=${by.p}`
  return `$scrypt$${parameters}$${salt.toString('base64')}$${hash.toString('base64')}`
}

const stored =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/

export interface PasswordProof {
  readonly isRight: boolean
  /** It was made at another cost than passwords are today. */
  readonly isOutdated: boolean
}

/**
 * Null for `hash`: there is nobody of that name, which takes as long to say as that the password is wrong. `today`: what
 * new passwords cost.
 */
export async function provePassword(
  password: Secret,
  hash: string | null,
  today: PasswordCost,
): Promise<PasswordProof> {
  const parts = stored.exec(hash ?? nobodysHash(today))
  if (parts === null) throw new Error('a stored password is not readable')
  const [, ln, r, p, salt, wanted] = parts
  const by = { ln: Number(ln), r: Number(r), p: Number(p) }
  const expected = Buffer.from(wanted as string, 'base64')
  const given = await derive(normal(password), Buffer.from(salt as string, 'base64'), by)
  const isRight = given.length === expected.length && timingSafeEqual(given, expected)
  const isOutdated = by.ln !== today.ln || by.r !== today.r || by.p !== today.p
  return { isRight: isRight && hash !== null, isOutdated }
}

function nobodysHash({ ln, r, p }: PasswordCost): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${'A'.repeat(22)}==$${'A'.repeat(43)}=`
}

function normal(password: Secret): string {
  return password.reveal().normalize('NFKC')
}

// Each takes 64 MB and one of the process's four threads for files and names; more at once would starve the rest.
const atOnceMax = 2
let running = 0
const waiting: (() => void)[] = []
/** As many as are done within half a minute or so; who comes after them would wait in vain. */
const waitingMax = 60

/** True while so many are being proved that another one had better come later. */
export function isPasswordQueueFull(): boolean {
  return waiting.length >= waitingMax
}

async function derive(text: string, salt: Buffer, { ln, r, p }: PasswordCost): Promise<Buffer> {
  if (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    const N = 2 ** ln
    return await new Promise((resolve, reject) => {
      scrypt(text, salt, hashBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
        if (error === null) resolve(key)
        else reject(error)
      })
    })
  } finally {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}
