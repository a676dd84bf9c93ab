import { expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { nameAccounts } from './account-url'

function console_(all = [1, 2, 3], first = 1) {
  let account = first
  const page = { render: () => null }
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/login', component: page, meta: { open: true } }, { path: '/:rest(.*)*', component: page }],
  })
  nameAccounts(router, { known: () => all, looked: () => account, look: (id) => void (account = id) })
  const at = () => router.currentRoute.value.fullPath
  return { router, at, account: () => account, choose: (id: number) => (account = id) }
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

it('names another account than the first in every address, and keeps what else is there', async () => {
  const { router, at, choose } = console_()
  await router.push('/keys?show=live')
  expect(at()).toBe('/keys?show=live')
  choose(2)
  await router.push('/keys?show=live#a')
  expect(at()).toBe('/keys?show=live&account=2#a')
  await router.push({ path: '/messages', query: { state: 'held' } })
  expect(at()).toBe('/messages?state=held&account=2')
  expect(router.resolve('/messages/7').href).toBe('/messages/7?account=2')
  expect(router.resolve('/login').href).toBe('/login')
})

it('opens the account that a link names, and none that is not known', async () => {
  const { router, account } = console_()
  await router.push('/messages/7?account=3')
  expect(account()).toBe(3)
  await router.push('/messages/7?account=99')
  expect(account()).toBe(3)
})

it('begins with the account of the tab, and goes back to that of the page before', async () => {
  const { router, at, account, choose } = console_([1, 2, 3], 2)
  await router.push('/overview')
  await settled()
  expect([at(), account()]).toEqual(['/overview?account=2', 2])
  choose(1)
  await router.push('/keys')
  expect(at()).toBe('/keys')
  router.back()
  await settled()
  expect([at(), account()]).toEqual(['/overview?account=2', 2])
  router.forward()
  await settled()
  expect([at(), account()]).toEqual(['/keys', 1])
})

it('leaves addresses alone where there is nothing to choose', async () => {
  const { router, at, account } = console_([], 0)
  await router.push('/overview')
  await router.push('/keys?account=3')
  expect([at(), account()]).toEqual(['/keys?account=3', 0])
})
