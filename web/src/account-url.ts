// Whose things an operator looks at stands in the address where it is not the first account, so that
// a link shows the same to another operator, and going back goes back to it.
import { START_LOCATION, type RouteLocationRaw, type Router } from 'vue-router'

export interface Accounts {
  known: () => number[] // none where there is nothing to choose
  looked: () => number
  look: (id: number) => void
}

export function nameAccounts(router: Router, { known, looked, look }: Accounts) {
  const { push, replace, resolve } = router
  function named(to: RouteLocationRaw): RouteLocationRaw {
    const all = known()
    if (all.length === 0 || looked() === all[0]) return to
    const { path, query, hash, meta } = resolve(to)
    if (meta.open || query.account !== undefined) return to
    const account = String(looked())
    return typeof to === 'string' ? { path, hash, query: { ...query, account } } : { ...to, query: { ...query, account } }
  }
  router.push = (to) => push(named(to))
  router.replace = (to) => replace(named(to))
  // What links show, and open in another tab.
  router.resolve = ((to: RouteLocationRaw, from?: Parameters<typeof resolve>[1]) => resolve(named(to), from)) as typeof resolve
  router.afterEach((to, from, failure) => {
    const all = known()
    if (failure || to.meta.open || all.length === 0) return
    const wanted = to.query.account
    if (from === START_LOCATION && wanted === undefined) {
      if (named(to.fullPath) !== to.fullPath) void router.replace(to.fullPath)
      return
    }
    const id = wanted === undefined ? all[0] : Number(wanted)
    if (id !== looked() && all.includes(id)) look(id)
  })
  return named
}
