import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Client } from 'undici'

import { postOnce } from './post-once.ts'

type DispatchHandler = Parameters<Client['dispatch']>[1]
type Controller = Parameters<NonNullable<DispatchHandler['onRequestStart']>>[0]

interface Start {
  aborted: boolean
}

const request = {
  url: new URL('http://127.0.0.1/execute'),
  headers: {},
  body: Buffer.from('{}'),
  connectMs: 20,
  readMs: 1_000,
}

// undici's side of the bargain, played by hand: it may start a request whenever it pleases.
function starting(handler: DispatchHandler): Start {
  const start = { aborted: false }
  const controller = { abort: () => (start.aborted = true) } as unknown as Controller
  handler.onRequestStart?.(controller, {})
  return start
}

function clientThat(dispatch: (handler: DispatchHandler) => void): Pick<Client, 'dispatch'> {
  return {
    dispatch: (_options, handler) => {
      dispatch(handler)
      return true
    },
  }
}

describe('a request that is written once', () => {
  it('is aborted before a second write, should it ever be started again', async () => {
    const starts: Start[] = []
    const client = clientThat((handler) => {
      starts.push(starting(handler), starting(handler))
    })
    const transmission = await postOnce(client, request)
    assert.deepEqual(
      starts.map(({ aborted }) => aborted),
      [false, true],
    )
    assert.equal(transmission.kind, 'lost')
  })

  it('is aborted before its first write when the connection comes after the time for it', async () => {
    let handler: DispatchHandler = {}
    const client = clientThat((given) => {
      handler = given
    })
    const transmission = await postOnce(client, request)
    assert.equal(transmission.kind, 'unsent')
    assert.equal(starting(handler).aborted, true)
  })

  it('counts as perhaps sent from its start on, whatever fails next', async () => {
    const client = clientThat((handler) => {
      starting(handler)
      handler.onResponseError?.({} as Controller, new Error('write EPIPE'))
    })
    const transmission = await postOnce(client, request)
    assert.equal(transmission.kind, 'lost')
  })

  it('counts as unsent when it fails before its start', async () => {
    const client = clientThat((handler) => {
      handler.onResponseError?.({} as Controller, new Error('connect ECONNREFUSED'))
    })
    const transmission = await postOnce(client, request)
    assert.deepEqual(transmission, { kind: 'unsent', error: 'connect ECONNREFUSED' })
  })
})
