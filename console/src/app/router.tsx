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
import { readPaymentSearch } from '../payments/payment-search.ts'
import { readScheduleSearch } from '../schedules/schedule-search.ts'
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

const routeTree = rootRoute.addChildren([
  homeRoute,
  paymentsRoute,
  paymentRoute,
  billingKeysRoute,
  billingKeyRoute,
  schedulesRoute,
  scheduleRoute,
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
