// V1's 호출 테스트: sends the test event to the saved address at once and tells what came back. It is about no
// payment, so it is not kept and never repeated.

import type { DeliverDependencies } from './deliver-webhook.ts'
import { sendSigned } from './deliver-webhook.ts'
import { findEndpoint } from './endpoints.store.ts'
import type { PostResult } from './post-webhook.ts'
import { testEvent, webhookBody } from './webhook-body.ts'
import type { EndpointName } from './webhook.ts'

export type TestResult =
  | { readonly kind: 'sent'; readonly url: string; readonly result: PostResult }
  | { readonly kind: 'no_address' }

/** Also to a paused endpoint: that is how one finds out that it is well again. */
export async function sendTestWebhook(
  deps: DeliverDependencies,
  name: EndpointName,
  signal: AbortSignal,
): Promise<TestResult> {
  const endpoint = await findEndpoint(deps.db, name)
  if (endpoint === undefined || endpoint.url === null) return { kind: 'no_address' }
  const result = await sendSigned(deps, {
    webhook: { webhookId: deps.ids.uuid(), sandbox: name.sandbox, attemptCount: 1 },
    endpoint,
    url: endpoint.url,
    body: webhookBody(testEvent, endpoint.format),
    signal,
  })
  return { kind: 'sent', url: endpoint.url, result }
}
