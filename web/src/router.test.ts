import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')

// Of another path the server says that it is not there, with the page that says so too.
it('has only pages whose paths the server knows', () => {
  const routes = [...read('web/src/router.ts').matchAll(/path: '\/([a-z-]+)(?=[/'?])/g)].map(([, path]) => path)
  const [, list = ''] = /kPages = \{([^}]*)\}/.exec(read('src/console/console.cpp')) ?? []
  const known = [...list.matchAll(/"([^"]*)"/g)].map(([, path]) => path)
  expect(routes.length).toBeGreaterThan(20)
  expect([...new Set(routes)].sort()).toEqual(known.filter((path) => path !== '').sort())
})
