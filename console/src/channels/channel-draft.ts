// What is entered for a channel, as text, and the calls it becomes. Empty means: the server's usual.

import type { Channel, Instalments } from './channel-queries.ts'
import { companiesOf, companiesToText, monthsOf, monthsToText } from './instalment-text.ts'

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

/** Null: what was entered is no rule. */
function instalmentsOf({ months, companyMonths }: RulesDraft): Instalments | null {
  const others = monthsOf(months)
  const byCompany = companiesOf(companyMonths)
  return others === null || byCompany === null ? null : { others, byCompany }
}

export function areRulesFine(draft: RulesDraft): boolean {
  return instalmentsOf(draft) !== null
}

export function changeOf(draft: RulesDraft, linkKey: string) {
  const { name, rateCapPerSecond, totalRateCapPerSecond, unmappable, lateApprovals } = draft
  const instalments = instalmentsOf(draft)
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
  const { instalments, ...rules } = changeOf(draft, '')
  const hasInstalments = draft.months.trim() !== '' || draft.companyMonths.trim() !== ''
  return {
    ...rules,
    ...(hasInstalments && instalments !== undefined && { instalments }),
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
