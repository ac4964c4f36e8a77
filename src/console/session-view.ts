// Signing in and out, one's own password and second factor, and where one is signed in.

import { Type } from '../http/json-schema.ts'
import { operatorRoles } from '../operators/role.ts'
import { clockSchema } from './clock-view.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  doneSchema,
  idParam,
  instantText,
  maybe,
  noParams,
  text,
} from './console-schema.ts'

/** The console's languages. */
export const languages = ['ko', 'en'] as const

export const sessionSchema = Type.Object({
  operator: Type.Object({
    operatorId: text(),
    email: text(),
    name: text(),
    role: choice(operatorRoles),
    hasTotp: Type.Boolean(),
    recoveryCodesLeft: Type.Integer(),
    language: maybe(choice(languages, { description: "Null: the browser's." })),
  }),
  merchant: Type.Object({ merchantId: Type.Integer(), name: text() }),
  /** Others under the same e-mail, to change over to. */
  otherMerchants: Type.Array(Type.Object({ merchantId: Type.Integer(), name: text() })),
  csrfToken: text('The value of X-Billkey-Csrf. It changes with the session.'),
  mustDo: maybe(
    choice(['change_password', 'set_up_totp'], {
      description: 'Until it is done, every other call is refused.',
    }),
  ),
  mode: choice(['none', 'sandbox', 'live', 'both'], {
    description: "What the merchant's enabled channels are for.",
  }),
  isSandbox: Type.Boolean({
    description: 'This server is a sandbox: it has a simulator and test cards.',
  }),
  clock: clockSchema,
  expiresAt: instantText('Whatever is done, the session ends then.'),
  idleExpiresAt: instantText('The session ends then if nothing is done.'),
  version: text('Of the server.'),
})

const signInSchema = Type.Object({
  needs: maybe(choice(['totp'], { description: 'Send the code with POST /session/totp.' })),
  session: maybe(sessionSchema),
})

const password = Type.String({ minLength: 1, maxLength: 1024 })
const totpCode = Type.String({ pattern: '^[0-9]{6}$', description: 'Six digits.' })

export const openSessionSchema = Type.Object({
  sessionId: text(),
  isThisOne: Type.Boolean(),
  startedAt: instantText(),
  lastSeenAt: instantText(),
  clientIp: text(),
  userAgent: maybe(text()),
})

export const sessionCalls = {
  signIn: consoleCall({
    name: 'signIn',
    method: 'POST',
    url: '/session',
    summary: 'Sign in with e-mail and password',
    access: 'anyone',
    params: Type.Object({
      email: Type.String({ minLength: 3, maxLength: 254 }),
      password,
    }),
    response: signInSchema,
  }),
  sendTotp: consoleCall({
    name: 'sendTotp',
    method: 'POST',
    url: '/session/totp',
    summary: 'Finish signing in with a TOTP code or a recovery code',
    access: 'anyone',
    params: Type.Object({
      code: Type.String({
        minLength: 6,
        maxLength: 40,
        description: 'Six digits, or a recovery code, which works once.',
      }),
    }),
    response: signInSchema,
  }),
  getSession: consoleCall({
    name: 'getSession',
    method: 'GET',
    url: '/session',
    summary: 'Who is signed in, where, and with which CSRF token',
    access: 'signed_in',
    params: noParams,
    response: sessionSchema,
  }),
  signOut: consoleCall({
    name: 'signOut',
    method: 'DELETE',
    url: '/session',
    summary: 'Sign out here, or everywhere',
    access: 'signed_in',
    params: Type.Object({
      everywhere: Type.Boolean({
        default: false,
        description: 'End all sessions of the operator.',
      }),
    }),
    response: doneSchema,
  }),
  changePassword: consoleCall({
    name: 'changePassword',
    method: 'PUT',
    url: '/session/password',
    summary: 'Change the own password; ends all other sessions',
    access: 'signed_in',
    params: Type.Object({ current: password, next: password }),
    response: sessionSchema,
  }),
  changeProfile: consoleCall({
    name: 'changeProfile',
    method: 'PATCH',
    url: '/session/profile',
    summary: 'Change the own name or language',
    access: 'signed_in',
    params: Type.Object({
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      language: Type.Optional(maybe(choice(languages))),
    }),
    response: sessionSchema,
  }),
  beginTotp: consoleCall({
    name: 'beginTotp',
    method: 'POST',
    url: '/session/totp-setup',
    summary: 'Begin to set up TOTP: gives the secret, once',
    access: 'signed_in',
    params: Type.Object({ password }),
    response: Type.Object({
      secret: text('Base32, to type in by hand.'),
      otpauthUri: text('For a QR code.'),
    }),
  }),
  confirmTotp: consoleCall({
    name: 'confirmTotp',
    method: 'POST',
    url: '/session/totp-confirm',
    summary: 'Switch TOTP on with a first code; gives the recovery codes, once',
    access: 'signed_in',
    params: Type.Object({ code: totpCode }),
    response: Type.Object({ recoveryCodes: Type.Array(text()), session: sessionSchema }),
  }),
  renewRecoveryCodes: consoleCall({
    name: 'renewRecoveryCodes',
    method: 'POST',
    url: '/session/recovery-codes',
    summary: 'Replace the recovery codes',
    access: 'signed_in',
    params: Type.Object({ password, code: totpCode }),
    response: Type.Object({ recoveryCodes: Type.Array(text()) }),
  }),
  removeTotp: consoleCall({
    name: 'removeTotp',
    method: 'DELETE',
    url: '/session/totp-setup',
    summary: 'Switch TOTP off, or give up setting it up',
    access: 'signed_in',
    params: Type.Object({
      code: Type.Optional(totpCode),
    }),
    response: sessionSchema,
  }),
  listSessions: consoleCall({
    name: 'listSessions',
    method: 'GET',
    url: '/sessions',
    summary: 'Where the operator is signed in',
    access: 'signed_in',
    params: noParams,
    response: Type.Object({ items: Type.Array(openSessionSchema) }),
  }),
  endSession: consoleCall({
    name: 'endSession',
    method: 'DELETE',
    url: '/sessions/:sessionId',
    summary: 'End one of the own sessions',
    access: 'signed_in',
    params: Type.Object({ sessionId: idParam() }),
    response: doneSchema,
  }),
  changeMerchant: consoleCall({
    name: 'changeMerchant',
    method: 'PUT',
    url: '/session/merchant',
    summary: 'Change over to another merchant of the same e-mail, with its password',
    access: 'signed_in',
    params: Type.Object({ merchantId: Type.Integer({ minimum: 1 }), password }),
    response: signInSchema,
  }),
}
