// What a merchant wants done with the pending schedules of a billing key that is deleted.

/** `leave` is V1's: they stay and fail when they are due. `refuse`: the key is not deleted. `revoke`: they go too. */
export const pendingSchedulesPolicies = ['leave', 'refuse', 'revoke'] as const
export type PendingSchedulesPolicy = (typeof pendingSchedulesPolicies)[number]
