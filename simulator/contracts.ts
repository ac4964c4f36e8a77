// The merchants this PG knows. All of them are made up: a CPID of `CTS000nn`/`CTS00nnn` and a link key
// that is eight repeated digits were never issued by anyone.

export type BillType = '13' | '14' | '18'
export type CardRoute = 'D' | 'K'

export interface Contract {
  readonly cpid: string
  /** The payment link key (결제연동키), expected raw in Authorization: 64 lower-case hex characters. */
  readonly linkKey: string
  /** PASSWORD of the daily transaction file. */
  readonly reportPassword: string
  /** What the contract is for, in words. */
  readonly purpose: string
  /** 13 key-in with birth and password, 18 key-in with card and expiry only, 14 billing. */
  readonly billTypes: readonly BillType[]
  /** D: CARD-*; K: CARDK-*. */
  readonly routes: readonly CardRoute[]
  /** PRODUCTTYPE: 1 digital, 2 physical. */
  readonly productTypes: readonly ('1' | '2')[]
  readonly status: 'active' | 'inactive' | 'blocked'
}

/** The contract that allows everything; the one a sandbox uses. */
export const sandboxContract: Contract = contract('CTS00001', 'everything')

export const syntheticContracts: readonly Contract[] = [
  sandboxContract,
  contract('CTS00013', 'key-in with birth and password only', { billTypes: ['13'] }),
  contract('CTS00014', 'billing only', { billTypes: ['14'] }),
  contract('CTS00018', 'key-in with card and expiry only', { billTypes: ['18'] }),
  contract('CTS00101', 'digital goods only', { productTypes: ['1'] }),
  contract('CTS00102', 'physical goods only', { productTypes: ['2'] }),
  contract('CTS00104', 'inactive merchant', { status: 'inactive' }),
  contract('CTS00105', 'blocked merchant', { status: 'blocked' }),
  contract('CTS00201', 'D route only', { routes: ['D'] }),
  contract('CTS00202', 'K route only', { routes: ['K'] }),
]

function contract(cpid: string, purpose: string, limits: Partial<Contract> = {}): Contract {
  return {
    cpid,
    linkKey: cpid.slice(3).padStart(8, '0').repeat(8),
    reportPassword: `report-${cpid.slice(3).padStart(8, '0')}`,
    purpose,
    billTypes: ['13', '14', '18'],
    routes: ['D', 'K'],
    productTypes: ['1', '2'],
    status: 'active',
    ...limits,
  }
}
