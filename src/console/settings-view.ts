// What a merchant has decided, who works for it, what they did, and where the books disagree.

import { pendingSchedulesPolicies } from '../accounts/pending-schedules-policy.ts'
import { Type } from '../http/json-schema.ts'
import { operatorRoles } from '../operators/role.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  idParam,
  instantText,
  listOf,
  maybe,
  noParams,
  pageParams,
  periodParams,
  reasonParam,
  text,
  won,
} from './console-schema.ts'
import { languages } from './session-view.ts'

export const settingsSchema = Type.Object({
  merchantId: Type.Integer(),
  merchantName: text(),
  pendingSchedulesOnDelete: choice(pendingSchedulesPolicies, {
    description: 'What becomes of the schedules of a billing key that is deleted.',
  }),
  requireTotp: Type.Boolean({ description: 'Every operator has to set up TOTP.' }),
  createdAt: instantText(),
})

export const settingsCalls = {
  getSettings: consoleCall({
    name: 'getSettings',
    method: 'GET',
    url: '/settings',
    summary: "The merchant's settings",
    access: 'viewer',
    params: noParams,
    response: settingsSchema,
  }),
  changeSettings: consoleCall({
    name: 'changeSettings',
    method: 'PATCH',
    url: '/settings',
    summary: 'Change settings; what is left out stays',
    access: 'owner',
    params: Type.Object({
      merchantName: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      pendingSchedulesOnDelete: Type.Optional(choice(pendingSchedulesPolicies)),
      requireTotp: Type.Optional(Type.Boolean()),
    }),
    response: settingsSchema,
  }),
}

export const operatorSchema = Type.Object({
  operatorId: text(),
  email: text(),
  name: text(),
  role: choice(operatorRoles),
  language: maybe(choice(languages)),
  hasTotp: Type.Boolean(),
  mustChangePassword: Type.Boolean(),
  createdAt: instantText(),
  lastSignedInAt: maybe(instantText()),
  lockedUntil: maybe(instantText('After wrong passwords; null: may sign in.')),
  disabledAt: maybe(instantText()),
})

const operatorWithPasswordSchema = Type.Object({
  operator: operatorSchema,
  password: maybe(text('To sign in with once; shown once.')),
})

export const operatorCalls = {
  listOperators: consoleCall({
    name: 'listOperators',
    method: 'GET',
    url: '/operators',
    summary: 'Everybody who may sign in, disabled ones too',
    access: 'viewer',
    params: noParams,
    response: Type.Object({ items: Type.Array(operatorSchema) }),
  }),
  addOperator: consoleCall({
    name: 'addOperator',
    method: 'POST',
    url: '/operators',
    summary: 'Add an operator; gives a password for the first sign-in',
    access: 'owner',
    params: Type.Object({
      email: Type.String({ minLength: 3, maxLength: 254 }),
      name: Type.String({ minLength: 1, maxLength: 100 }),
      role: choice(operatorRoles),
    }),
    response: operatorWithPasswordSchema,
  }),
  changeOperator: consoleCall({
    name: 'changeOperator',
    method: 'PATCH',
    url: '/operators/:operatorId',
    summary: 'Change a role, disable or enable, reset password or TOTP; ends the sessions',
    access: 'owner',
    params: Type.Object({
      operatorId: idParam(),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      role: Type.Optional(choice(operatorRoles)),
      isDisabled: Type.Optional(Type.Boolean()),
      resetPassword: Type.Optional(Type.Boolean()),
      resetTotp: Type.Optional(Type.Boolean()),
    }),
    response: operatorWithPasswordSchema,
  }),
}

export const auditEventSchema = Type.Object({
  eventId: text(),
  sequence: maybe(Type.Integer({ description: 'Its place in the chain.' })),
  at: instantText(),
  actor: text('`operator:<e-mail>`, `api:<imp_key>`, `cli:<user>`, `worker` …'),
  action: text('`payment.cancel`, `channel.set` …'),
  subject: text('What it was done to.'),
  detail: Type.Unknown({ description: 'What was changed; no secrets.' }),
})

export const auditCalls = {
  listAudit: consoleCall({
    name: 'listAudit',
    method: 'GET',
    url: '/audit',
    summary: 'Who did what, newest first',
    access: 'viewer',
    params: Type.Object({
      ...pageParams,
      actor: Type.Optional(
        Type.String({ maxLength: 300, description: 'Exact, or its beginning.' }),
      ),
      action: Type.Optional(
        Type.String({ maxLength: 100, description: 'Exact, or its beginning.' }),
      ),
      subject: Type.Optional(Type.String({ maxLength: 300, description: 'Exact.' })),
      ...periodParams,
    }),
    response: listOf(auditEventSchema),
  }),
  verifyAudit: consoleCall({
    name: 'verifyAudit',
    method: 'GET',
    url: '/audit/verify',
    summary:
      'Go through a part of the chain of all events and say whether any was changed or is missing; go on with nextCursor',
    access: 'viewer',
    params: Type.Object({ cursor: Type.Optional(Type.String({ maxLength: 512 })) }),
    response: Type.Object({
      isIntact: Type.Boolean({
        description:
          'Nothing was found in this part. Only the last one can miss events at the end.',
      }),
      eventCount: Type.Integer({ description: 'Events gone through in this part.' }),
      length: Type.Integer({ description: 'Number of the newest event, to show progress.' }),
      nextCursor: maybe(text('Where the next part begins; null: this was the last one.')),
      signedUpTo: Type.Integer({
        description: 'The newest event that a signature covers; 0: none.',
      }),
      findings: Type.Array(
        Type.Object({
          sequence: Type.Integer({ description: 'Of the event; 0: the trail as a whole.' }),
          message: text(),
        }),
        {
          description: 'What must not be, the first 100 of this part; the first is where to look.',
        },
      ),
      headSequence: Type.Integer({ description: 'The last event of this part.' }),
      headHash: text(
        'Its hash in hex. Kept elsewhere, it proves that nothing before it was changed.',
      ),
    }),
  }),
}

export const discrepancyKinds = [
  'late_approval',
  'charged_twice',
  'foreign_charge',
  'foreign_cancel',
  'amount_differs',
  'missing_at_gateway',
] as const

export const discrepancySchema = Type.Object({
  discrepancyId: text(),
  kind: choice(discrepancyKinds),
  channelKey: text(),
  impUid: maybe(text('Null: no payment of ours is concerned.')),
  orderNumber: text(),
  transactionId: maybe(text()),
  amountWon: won(),
  detail: text(),
  raisedAt: instantText(),
  resolvedAt: maybe(instantText()),
  resolvedBy: maybe(text()),
  resolution: maybe(text()),
})

export const discrepancyCalls = {
  listDiscrepancies: consoleCall({
    name: 'listDiscrepancies',
    method: 'GET',
    url: '/discrepancies',
    summary: 'Where the books and PAYJOA disagree, newest first',
    access: 'viewer',
    params: Type.Object({
      ...pageParams,
      state: choice(['open', 'all'], { default: 'open' }),
    }),
    response: listOf(discrepancySchema),
  }),
  getDiscrepancy: consoleCall({
    name: 'getDiscrepancy',
    method: 'GET',
    url: '/discrepancies/:discrepancyId',
    summary: 'One of them',
    access: 'viewer',
    params: Type.Object({ discrepancyId: idParam() }),
    response: discrepancySchema,
  }),
  resolveDiscrepancy: consoleCall({
    name: 'resolveDiscrepancy',
    method: 'POST',
    url: '/discrepancies/:discrepancyId/resolve',
    summary: 'Say what was done about it',
    access: 'operator',
    params: Type.Object({ discrepancyId: idParam(), resolution: reasonParam }),
    response: discrepancySchema,
  }),
}
