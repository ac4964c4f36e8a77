// Takes a merchant's address away: from now on a payment is told of at its notice_url or not at all. What waits for the
// address is held until there is one again; what is under way to it ends as it will.

import { removeAddress } from './endpoints.store.ts'
import { actOf, type EndpointDependencies } from './prepare-endpoint.ts'
import type { EndpointName } from './webhook.ts'

/** False when no address is set. `actor` is for the audit trail. */
export async function removeEndpointAddress(
  deps: Pick<EndpointDependencies, 'db' | 'clock' | 'ids'>,
  name: EndpointName,
  actor: string,
): Promise<boolean> {
  return removeAddress(deps.db, name, actOf(deps, name, actor))
}
