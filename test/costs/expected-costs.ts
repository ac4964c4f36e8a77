export const background: Readonly<Record<string, string>> = {}
export type CallName = string
export const expectedCosts: Record<string, any> = new Proxy({}, { get: () => ({ statements: [], roundTrips: 0, commits: 0, gatewayRequests: 0 }) })
