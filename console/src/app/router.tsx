// Every page of the console and its address. A page is loaded when it is first gone to.
//
// To add one: a route below, with what its search may hold; its link in navigation.tsx.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'

import { readBillingKeySearch } from '../billing-keys/billing-key-search.ts'
import { readBookSearch } from '../books/book-search.ts'
import { readAuditSearch } from '../oversight/audit-search.ts'
import { readPaymentSearch } from '../payments/payment-search.ts'
import { readScheduleSearch } from '../schedules/schedule-search.ts'
import { readWebhookSearch } from '../webhooks/webhook-search.ts'
import { FailedPage, MissingPage } from './dead-ends.tsx'
import { Frame } from './frame.tsx'
import { PageLoader } from './page-loader.tsx'

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: MissingPage })

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: lazyRouteComponent(() => import('../home/home-page.tsx'), 'HomePage'),
})

const paymentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/payments',
  validateSearch: readPaymentSearch,
  component: lazyRouteComponent(() => import('../payments/payments-page.tsx'), 'PaymentsPage'),
})

const paymentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/payments/$impUid',
  component: lazyRouteComponent(() => import('../payments/payment-page.tsx'), 'PaymentPage'),
})

const billingKeysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/billing-keys',
  validateSearch: readBillingKeySearch,
  component: lazyRouteComponent(
    () => import('../billing-keys/billing-keys-page.tsx'),
    'BillingKeysPage',
  ),
})

const billingKeyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/billing-keys/$customerUid',
  component: lazyRouteComponent(
    () => import('../billing-keys/billing-key-page.tsx'),
    'BillingKeyPage',
  ),
})

const schedulesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/schedules',
  validateSearch: readScheduleSearch,
  component: lazyRouteComponent(() => import('../schedules/schedules-page.tsx'), 'SchedulesPage'),
})

const scheduleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/schedules/$scheduleId',
  component: lazyRouteComponent(() => import('../schedules/schedule-page.tsx'), 'SchedulePage'),
})

const securityRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/security',
  component: lazyRouteComponent(() => import('../security/security-page.tsx'), 'SecurityPage'),
})

const channelsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/channels',
  component: lazyRouteComponent(() => import('../channels/channels-page.tsx'), 'ChannelsPage'),
})

const newChannelRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/channels/new',
  component: lazyRouteComponent(() => import('../channels/new-channel-page.tsx'), 'NewChannelPage'),
})

const channelRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/channels/$channelKey',
  component: lazyRouteComponent(() => import('../channels/channel-page.tsx'), 'ChannelPage'),
})

const developersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/developers',
  component: lazyRouteComponent(
    () => import('../developers/developers-page.tsx'),
    'DevelopersPage',
  ),
})

const operatorsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/operators',
  component: lazyRouteComponent(() => import('../people/operators-page.tsx'), 'OperatorsPage'),
})

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('../people/settings-page.tsx'), 'SettingsPage'),
})

const webhooksRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks',
  validateSearch: readWebhookSearch,
  component: lazyRouteComponent(() => import('../webhooks/webhooks-page.tsx'), 'WebhooksPage'),
})

const webhookRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks/$webhookId',
  component: lazyRouteComponent(() => import('../webhooks/webhook-page.tsx'), 'WebhookPage'),
})

const discrepanciesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/discrepancies',
  validateSearch: readBookSearch,
  component: lazyRouteComponent(
    () => import('../books/discrepancies-page.tsx'),
    'DiscrepanciesPage',
  ),
})

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('../oversight/audit-page.tsx'), 'AuditPage'),
})

const clockRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/clock',
  component: lazyRouteComponent(() => import('../clock/clock-page.tsx'), 'ClockPage'),
})

const routeTree = rootRoute.addChildren([
  homeRoute,
  paymentsRoute,
  paymentRoute,
  billingKeysRoute,
  billingKeyRoute,
  schedulesRoute,
  scheduleRoute,
  securityRoute,
  channelsRoute,
  newChannelRoute,
  channelRoute,
  developersRoute,
  operatorsRoute,
  settingsRoute,
  webhooksRoute,
  webhookRoute,
  discrepanciesRoute,
  auditRoute,
  clockRoute,
])

export const router = createRouter({
  routeTree,
  basepath: '/console',
  defaultPendingComponent: PageLoader,
  defaultErrorComponent: FailedPage,
  defaultPreload: 'intent',
  scrollRestoration: true,
  scrollToTopSelectors: ['#content'],
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
