import { createRouter, createWebHistory } from 'vue-router'
import { problemText } from '@/i18n/said'
import { Problem } from '@/api/client'
import { nameAccounts } from '@/account-url'
import { isOperator, lookAt, session, signedIn } from '@/session'
import { toast } from '@/ui/toast'
import { arrived, isMissingCode, keepWish } from '@/wish'

// What a dialog's page lies over: the page itself stays when the dialog comes and goes.
export const sectionOf = (path: string) => (/^\/domains(\/|$)/.test(path) ? '/domains' : path)

// `asked`: whether somebody is signed in is known, or nobody answers.
export function makeRouter(asked: Promise<void>) {
  const router = createRouter({
    history: createWebHistory(),
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
    routes: [
      { path: '/', redirect: '/overview' },
      { path: '/index.html', redirect: '/overview' },
      { path: '/login', component: () => import('@/pages/SignIn.vue'), meta: { open: true } },
      { path: '/signup', component: () => import('@/pages/SignUp.vue'), meta: { open: true } },
      { path: '/confirm', component: () => import('@/pages/Confirm.vue'), meta: { open: true } },
      { path: '/reset', component: () => import('@/pages/Reset.vue'), meta: { open: true } },
      { path: '/invitation', component: () => import('@/pages/Invitation.vue'), meta: { open: true } },
      { path: '/me', component: () => import('@/pages/Me.vue') },
      { path: '/identity', component: () => import('@/pages/Identity.vue') },
      { path: '/users', component: () => import('@/pages/Users.vue') },
      { path: '/audit', component: () => import('@/pages/Audit.vue') },
      { path: '/overview', component: () => import('@/pages/Overview.vue') },
      { path: '/domains', component: () => import('@/pages/Domains.vue') },
      { path: '/domains/:domain', component: () => import('@/pages/Domains.vue') },
      { path: '/addresses', component: () => import('@/pages/Addresses.vue') },
      { path: '/send', component: () => import('@/pages/Send.vue') },
      { path: '/messages', component: () => import('@/pages/Messages.vue') },
      { path: '/messages/:id', component: () => import('@/pages/Message.vue') },
      { path: '/sandbox', component: () => import('@/pages/Inbox.vue') },
      { path: '/sandbox/:id', component: () => import('@/pages/InboxMail.vue') },
      { path: '/keys', component: () => import('@/pages/Keys.vue') },
      { path: '/queue', component: () => import('@/pages/Queue.vue') },
      { path: '/activate', component: () => import('@/pages/business/Activate.vue') },
      { path: '/billing', component: () => import('@/pages/business/Billing.vue') },
      { path: '/billing/bills/:bill', component: () => import('@/pages/business/Bill.vue') },
      { path: '/billing/ledger', component: () => import('@/pages/business/Ledger.vue') },
      { path: '/quota', component: () => import('@/pages/business/Quota.vue') },
      { path: '/customers', component: () => import('@/pages/business/Customers.vue') },
      { path: '/customers/:account', component: () => import('@/pages/business/Customer.vue') },
      { path: '/identity-reviews', component: () => import('@/pages/business/IdentityReviews.vue') },
      { path: '/identity-reviews/:account', component: () => import('@/pages/business/IdentityReview.vue') },
      { path: '/registrations', component: () => import('@/pages/business/Registrations.vue') },
      { path: '/offers', component: () => import('@/pages/business/Offers.vue') },
      { path: '/settings', component: () => import('@/pages/business/Settings.vue') },
      { path: '/guide/:chapter?', component: () => import('@/pages/Guide.vue') },
      { path: '/:rest(.*)*', component: () => import('@/pages/NotFound.vue') },
    ],
  })
  const named = nameAccounts(router, {
    known: () => (isOperator.value ? session.accounts.map((account) => account.id) : []),
    looked: () => session.account,
    look: lookAt,
  })
  router.beforeEach(async (to) => {
    await asked
    if (!session.known) return true
    if (!to.meta.open && !signedIn.value)
      return { path: '/login', query: to.path === '/overview' ? {} : { to: to.fullPath } }
    if (to.path === '/login' && signedIn.value) return named('/overview')
    return true
  })
  // A new page begins at its heading for those who hear it; a dialog gives the focus back itself.
  router.afterEach((to, from, failure) => {
    if (failure) return
    arrived()
    if (sectionOf(to.path) !== sectionOf(from.path) && from.matched.length)
      requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus())
  })
  router.onError((error, to) => {
    if (!isMissingCode(error)) return
    void keepWish(to.fullPath, {
      go: (path) => void router.push(path).catch(() => undefined),
      load: (path) => location.assign(path),
      fail: () => toast(problemText(new Problem(500, 'internal', ''))),
    })
  })
  return router
}
