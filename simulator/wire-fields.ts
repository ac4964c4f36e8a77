// The fields of the wire: how many bytes each may take, what it may look like, and which a method
// requires. Two sources disagree on some requirements: s1 quotes the PG's manuals, s4 is a test
// console written next to the PG.

import { isIPv4 } from 'node:net'
import { eucKrLength, refused, type Fields, type Refused } from './wire-decoding.ts'
import type { Settings } from './settings.ts'

const maxBytes: Readonly<Record<string, number>> = {
  CPID: 20,
  PAYMETHOD: 20,
  CANCELREQ: 1,
  ORDERNO: 50,
  BILLTYPE: 2,
  PRODUCTTYPE: 2,
  AMOUNT: 10,
  PRODUCTNAME: 50,
  IPADDRESS: 15,
  USERID: 50,
  USERNAME: 50,
  EMAIL: 100,
  PRODUCTCODE: 10,
  CARDNO: 16,
  EXPIREDT: 6,
  CARDAUTH: 10,
  CARDPASSWORD: 2,
  QUOTA: 2,
  TAXFREECD: 2,
  DIRECT_YN: 1,
  AUTOKEY: 64,
  RESERVEDINDEX1: 20,
  RESERVEDINDEX2: 20,
  RESERVEDSTRING: 1024,
  TRXID: 20,
  TAXFREEAMT: 10,
  // Twenty for the merchant's part and a control prefix such as [STOPREQ].
  CANCELREASON: 50,
}

const wholeWon = /^(0|[1-9][0-9]{0,9})$/

const formats: Readonly<Record<string, (value: string) => boolean>> = {
  CANCELREQ: (value) => value === 'Y',
  BILLTYPE: (value) => ['1', '2', '13', '14', '18'].includes(value),
  PRODUCTTYPE: (value) => value === '1' || value === '2',
  AMOUNT: (value) => wholeWon.test(value),
  IPADDRESS: isIPv4,
  CARDNO: (value) => /^[0-9]+$/.test(value),
  EXPIREDT: (value) => /^[0-9]{4}(0[1-9]|1[0-2])$/.test(value),
  CARDAUTH: (value) => /^([0-9]{6}|[0-9]{10})$/.test(value),
  CARDPASSWORD: (value) => /^[0-9]{2}$/.test(value),
  QUOTA: (value) => /^(00|0[2-9]|1[0-2])$/.test(value),
  TAXFREECD: (value) => /^0[0-2]$/.test(value),
  DIRECT_YN: (value) => value === 'Y' || value === 'N',
  TAXFREEAMT: (value) => wholeWon.test(value),
}

/** Rules that hold for every request: no pipe, bytes within bounds, only what EUC-KR carries. */
export function checkValues(fields: Fields, settings: Settings): Refused | null {
  for (const [name, value] of Object.entries(fields)) {
    if (value.includes('|')) return refused('pipe_refused', name)
    const length = eucKrLength(value)
    if (length === null && settings.undecodable === 'refuse') {
      return refused('invalid_parameter', name)
    }
    const max = maxBytes[name]
    // What EUC-KR cannot carry has no length on the wire; it passes only where that is tolerated.
    if (settings.overLong === 'refuse' && max !== undefined && length !== null && length > max) {
      return refused('invalid_parameter', name)
    }
  }
  return null
}

/** Every field that is present and not empty must look as the manual says. */
export function checkFormats(fields: Fields): Refused | null {
  for (const [name, value] of Object.entries(fields)) {
    const format = formats[name]
    if (value !== '' && format !== undefined && !format(value)) {
      return refused('invalid_parameter', name)
    }
  }
  return null
}

export type Operation = 'SUGI' | 'KEYGEN' | 'BATCH' | 'CANCEL'

const always = ['CPID', 'PAYMETHOD', 'ORDERNO', 'BILLTYPE', 'USERID']

const required: Readonly<Record<Operation, readonly string[]>> = {
  SUGI: [
    ...always,
    'PRODUCTTYPE',
    'AMOUNT',
    'PRODUCTNAME',
    'IPADDRESS',
    'CARDNO',
    'EXPIREDT',
    'QUOTA',
    'TAXFREECD',
  ],
  KEYGEN: [...always, 'CARDNO', 'EXPIREDT', 'CARDAUTH', 'DIRECT_YN'],
  BATCH: [...always, 'PRODUCTTYPE', 'AMOUNT', 'PRODUCTNAME', 'IPADDRESS', 'AUTOKEY'],
  CANCEL: ['CPID', 'TRXID', 'AMOUNT', 'CANCELREASON'],
}

const requiredByS1: Readonly<Record<Operation, readonly string[]>> = {
  SUGI: [],
  KEYGEN: ['IPADDRESS'],
  BATCH: ['QUOTA'],
  CANCEL: [],
}

const requiredByS4: Readonly<Record<Operation, readonly string[]>> = {
  SUGI: [],
  KEYGEN: ['PRODUCTCODE'],
  BATCH: ['PRODUCTCODE'],
  CANCEL: [],
}

/** The first required field that is missing or empty. */
export function checkRequired(
  operation: Operation,
  route: 'D' | 'K',
  fields: Fields,
  settings: Settings,
): Refused | null {
  const names = [...required[operation], ...requiredByCondition(operation, fields)]
  if (settings.requiredFields !== 's4') {
    names.push(...requiredByS1[operation])
    // The K route's KEYGEN takes no password at all.
    if (operation === 'KEYGEN' && route === 'D') names.push('CARDPASSWORD')
  }
  if (settings.requiredFields !== 's1') names.push(...requiredByS4[operation])
  const missing = names.find((name) => (fields[name] ?? '') === '')
  return missing === undefined ? null : refused('invalid_parameter', missing)
}

function requiredByCondition(operation: Operation, fields: Fields): readonly string[] {
  if (operation === 'SUGI' && fields['BILLTYPE'] === '13') return ['CARDAUTH', 'CARDPASSWORD']
  if (operation === 'KEYGEN' && fields['DIRECT_YN'] === 'Y') return ['AMOUNT', 'QUOTA']
  return []
}
