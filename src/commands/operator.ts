// `billkey operator`: people who sign in to the console.

import { parseArgs } from 'node:util'

import type { Parts } from '../compose/parts.ts'
import {
  addOperator,
  changeOperator,
  type WantedOperatorChanges,
} from '../operators/manage-operators.ts'
import { hasTotp, type Operator, readEmail } from '../operators/operator.ts'
import { listOperators } from '../operators/operators.store.ts'
import { operatorRoles } from '../operators/role.ts'
import { listBlockedAccounts } from '../operators/sign-in-tries.store.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { cliActor, type Command, pickMerchant, splitSubcommand, withParts } from './command.ts'
import { inKorea, print, printTable } from './terminal.ts'

export const operatorCommand: Command = {
  name: 'operator',
  summary: 'Add, list and change people who sign in to the console',
  help: `Usage: billkey operator add <e-mail> [--role owner|operator|viewer] [--name <text>]
       billkey operator list
       billkey operator role <e-mail> owner|operator|viewer
       billkey operator password <e-mail>
       billkey operator totp-reset <e-mail>
       billkey operator disable <e-mail>
       billkey operator enable <e-mail>

Options: --merchant <number or name>   needed when there is more than one

add, password   print a password for one sign-in, after which another is chosen; only a hash of it is kept.
password        also lets somebody in again who is locked out after wrong tries.
--role          owner (default for the first of a merchant): settings, channels, keys and operators, too;
                operator: money and deliveries: cancels, verdicts, schedules, replays; viewer: looks.
disable         ends all sessions at once. A merchant keeps at least one owner.

Examples:
  billkey operator add kim@shop.example --name "Kim Yuna"
  billkey operator role lee@shop.example viewer
  billkey operator totp-reset kim@shop.example`,
  async run(args, config) {
    const { name, rest } = splitSubcommand('operator', names, args)
    const { values, positionals } = parseArgs({
      args: [...rest],
      allowPositionals: true,
      options: {
        merchant: { type: 'string' },
        role: { type: 'string' },
        name: { type: 'string' },
      },
    })
    await withParts(config, async (parts) => {
      const { merchantId } = await pickMerchant(parts, values.merchant)
      const [email, role] = positionals
      await subcommands[name]({ parts, merchantId, email, role: values.role ?? role, values })
    })
  },
}

const names = ['add', 'list', 'role', 'password', 'totp-reset', 'disable', 'enable'] as const

interface Call {
  readonly parts: Parts
  readonly merchantId: MerchantId
  readonly email: string | undefined
  readonly role: string | undefined
  readonly values: { readonly name?: string | undefined }
}

const subcommands: Record<(typeof names)[number], (call: Call) => Promise<void>> = {
  add,
  list,
  role: (call) => change(call, { role: roleOf(call.role) }),
  password: (call) => change(call, { resetPassword: true }),
  'totp-reset': (call) => change(call, { resetTotp: true }),
  disable: (call) => change(call, { isDisabled: true }),
  enable: (call) => change(call, { isDisabled: false }),
}

async function add({ parts, merchantId, email, role, values }: Call): Promise<void> {
  if (email === undefined) throw new StartupError('email_missing', 'name the e-mail')
  const isFirst = (await listOperators(parts.db, merchantId)).length === 0
  const wanted = {
    merchantId,
    email,
    name: values.name ?? '',
    role: roleOf(role ?? (isFirst ? 'owner' : undefined)),
  }
  const result = await addOperator(parts, wanted, cliActor())
  switch (result.kind) {
    case 'added':
      print(`e-mail    ${result.operator.email} (${result.operator.role})`)
      print(`password  ${result.password.reveal()}   (for one sign-in, shown once)`)
      return
    case 'no_email':
      throw new StartupError('email_unfit', `'${email}' is no e-mail address`)
    case 'taken':
      throw new StartupError('operator_taken', `${email} is an operator of this merchant already`)
    case 'weak':
      throw new StartupError('weak_password', `the password is not taken: ${result.fault}`)
  }
}

async function list({ parts, merchantId }: Call): Promise<void> {
  const operators = await listOperators(parts.db, merchantId)
  const emails = operators.map(({ email }) => email)
  const blocked = await listBlockedAccounts(parts.db, emails, parts.clock.now())
  printTable(
    ['e-mail', 'name', 'role', 'TOTP', 'last signed in (KST)', 'state'],
    operators.map((operator) => [
      operator.email,
      operator.name,
      operator.role,
      hasTotp(operator) ? 'on' : 'off',
      operator.lastSignedInAtMs === null ? 'never' : inKorea(operator.lastSignedInAtMs),
      stateOf(operator, blocked.get(operator.email)),
    ]),
  )
}

function stateOf(operator: Operator, blockedUntilMs: number | undefined): string {
  if (operator.disabledAtMs !== null) return 'disabled'
  if (blockedUntilMs !== undefined) return `locked out until ${inKorea(blockedUntilMs)} KST`
  return operator.mustChangePassword ? 'has to choose a password' : 'enabled'
}

async function change(call: Call, wanted: WantedOperatorChanges): Promise<void> {
  const { parts, merchantId } = call
  const email = readEmail(call.email ?? '')
  const known = (await listOperators(parts.db, merchantId)).find((one) => one.email === email)
  if (known === undefined) {
    throw new StartupError(
      'no_such_operator',
      `there is no operator '${call.email ?? ''}': see 'billkey operator list'`,
    )
  }
  const result = await changeOperator(parts, known, wanted, cliActor())
  switch (result.kind) {
    case 'changed':
      print(`${known.email}: ${result.operator.role}, ${stateOf(result.operator, undefined)}`)
      if (result.password !== null) {
        print(`password  ${result.password.reveal()}   (for one sign-in, shown once)`)
      }
      return
    case 'absent':
      throw new StartupError('no_such_operator', `there is no operator ${known.email} any more`)
    case 'last_owner':
      throw new StartupError(
        'last_owner',
        `${known.email} is the last owner of this merchant: make another one first`,
      )
  }
}

function roleOf(wanted: string | undefined) {
  const role = operatorRoles.find((candidate) => candidate === wanted)
  if (role !== undefined) return role
  throw new StartupError('bad_option', `name a role: one of ${operatorRoles.join(', ')}`)
}
