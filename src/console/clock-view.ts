// The test clock of a sandbox merchant.

import { Type } from '../http/json-schema.ts'
import { consoleCall } from './console-call.ts'
import { instantText, maybe, noParams } from './console-schema.ts'

export const clockSchema = Type.Object({
  now: instantText("The merchant's present instant."),
  isFrozen: Type.Boolean(),
  advancingTo: maybe(instantText('Null: no advance is under way.')),
  mayFreeze: Type.Boolean({ description: 'False: the merchant has a live channel.' }),
  nextEventAt: maybe(
    instantText('When the next schedule or webhook is due; null when nothing waits or time runs.'),
  ),
})

export const clockCalls = {
  getClock: consoleCall({
    name: 'getClock',
    method: 'GET',
    url: '/clock',
    summary: "The merchant's clock",
    access: 'viewer',
    params: noParams,
    response: clockSchema,
  }),
  freezeClock: consoleCall({
    name: 'freezeClock',
    method: 'POST',
    url: '/clock/freeze',
    summary: 'Stop the clock, now or at a later instant',
    access: 'operator',
    params: Type.Object({ at: Type.Optional(instantText()) }),
    response: clockSchema,
  }),
  advanceClock: consoleCall({
    name: 'advanceClock',
    method: 'POST',
    url: '/clock/advance',
    summary: 'Move the stopped clock; what falls due on the way is run in order',
    access: 'operator',
    params: Type.Object({
      days: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_660 })),
      hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 87_840 })),
      to: Type.Optional(instantText()),
      toNextEvent: Type.Optional(Type.Boolean()),
    }),
    response: clockSchema,
  }),
  releaseClock: consoleCall({
    name: 'releaseClock',
    method: 'POST',
    url: '/clock/release',
    summary: 'Let real time run again',
    access: 'operator',
    params: noParams,
    response: clockSchema,
  }),
}
