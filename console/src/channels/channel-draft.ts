// What is entered for a channel, as text, and the calls it becomes. No instalments means the usual ones; no name, link
// key or password means that of before; no cap means none.

import type { Channel } from './channel-queries.ts'
import { companiesToText, monthsToText, readInstalments } from './instalment-text.ts'

export interface RulesDraft {
  readonly name: string
  readonly rateCapPerSecond: number | null
  readonly totalRateCapPerSecond: number | null
  readonly months: string
  readonly companyMonths: string
  readonly unmappable: Channel['unmappable']
  readonly lateApprovals: Channel['lateApprovals']
  readonly reportPassword: string
}

export interface ChannelDraft extends RulesDraft {
  readonly pgId: string
  readonly linkKey: string
  readonly mode: Channel['mode']
  readonly baseUrl: string
  readonly cardRoute: Channel['cardRoute']
  readonly productType: Channel['productType']
  readonly taxMode: Channel['taxMode']
  readonly allowsKeyInPlain: boolean
  readonly allowsKeyInVerified: boolean
  readonly allowsBilling: boolean
  readonly makeDefault: boolean
}

export const emptyDraft: ChannelDraft = {
  pgId: '',
  linkKey: '',
  mode: 'sandbox',
  baseUrl: '',
  name: '',
  cardRoute: 'D',
  productType: 'digital',
  taxMode: 'taxable',
  allowsKeyInPlain: false,
  allowsKeyInVerified: true,
  allowsBilling: true,
  rateCapPerSecond: null,
  totalRateCapPerSecond: null,
  months: '',
  companyMonths: '',
  unmappable: 'substitute',
  lateApprovals: 'keep',
  reportPassword: '',
  makeDefault: false,
}

export function rulesDraftOf(channel: Channel): RulesDraft {
  return {
    name: channel.name,
    rateCapPerSecond: channel.rateCapPerSecond,
    totalRateCapPerSecond: channel.totalRateCapPerSecond,
    months: monthsToText(channel.instalments.others),
    companyMonths: companiesToText(channel.instalments.byCompany),
    unmappable: channel.unmappable,
    lateApprovals: channel.lateApprovals,
    reportPassword: '',
  }
}

export function areRulesFine({ months, companyMonths }: RulesDraft): boolean {
  return readInstalments(months, companyMonths) !== null
}

export function changeOf(draft: RulesDraft, linkKey: string) {
  const { name, rateCapPerSecond, totalRateCapPerSecond, unmappable, lateApprovals } = draft
  const instalments = readInstalments(draft.months, draft.companyMonths)
  return {
    ...(name.trim() !== '' && { name: name.trim() }),
    rateCapPerSecond,
    totalRateCapPerSecond,
    unmappable,
    lateApprovals,
    ...(instalments !== null && { instalments }),
    ...(draft.reportPassword !== '' && { reportPassword: draft.reportPassword }),
    ...(linkKey !== '' && { linkKey }),
  }
}

export function creationOf(draft: ChannelDraft) {
  return {
    ...changeOf(draft, ''),
    pgId: draft.pgId.trim(),
    linkKey: draft.linkKey.trim(),
    mode: draft.mode,
    cardRoute: draft.cardRoute,
    productType: draft.productType,
    taxMode: draft.taxMode,
    allowsKeyInPlain: draft.allowsKeyInPlain,
    allowsKeyInVerified: draft.allowsKeyInVerified,
    allowsBilling: draft.allowsBilling,
    makeDefault: draft.makeDefault,
    ...(draft.baseUrl.trim() !== '' && { baseUrl: draft.baseUrl.trim() }),
  }
}
