// Hostile strings in every field that a page shows, put in by the API; every page is then looked at.
//   node hostile.mjs URL EMAIL PASSWORD TOKEN
import { check, equal, open, painted, settled, until } from './browser.mjs'

const [url, email, password, token] = process.argv.slice(2)
const evil = (what) => `"><img src=x onerror="executed('${what}')"><script>executed('${what}')</script>{{7*7}}'`
const post = async (path, body) => {
  const answer = await fetch(`${url}/api/v1/${path}`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: answer.status === 204 ? null : await answer.json() }
}
const domain = 'hostile.sandbox.example'
await check('the fields are filled with what a hostile stranger would write', async () => {
  await post('domains', { name: domain })
  await post(`domains/${domain}/publish`)
  equal((await post(`domains/${domain}/verify`)).body.state, 'verified', 'the domain')
  equal((await post('addresses', { address: `a@${domain}`, name: evil('n').slice(0, 60) })).status, 201, 'the address')
  equal((await post('keys', { name: evil('key').slice(0, 60) })).status, 201, 'the key')
  // A program that names itself so when it signs in.
  const named = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'User-Agent': evil('agent'), 'Content-Type': 'application/json' }, body: JSON.stringify({ email, password }) })
  equal(named.status, 200, 'the sign-in')
})
const html = `<body onload="executed('load')" background="http://elsewhere.example/b.png">${evil('html')}<svg onload="executed('svg')"></svg>
  <a href="javascript:executed('link')">link</a><img src="http://elsewhere.example/p.png"><link rel=stylesheet href="http://elsewhere.example/s.css">
  <iframe src="javascript:top.executed('frame')"></iframe><form action="http://elsewhere.example/"><input name=a></form>
  <meta http-equiv=refresh content="0;url=http://elsewhere.example/"><style>@import url(http://elsewhere.example/i.css);body{background:url(http://elsewhere.example/c.png)}</style><p id=shown>shown</p>`
let message
await check('a hostile mail is accepted as it is', async () => {
  const sent = await post('messages', { from: `${JSON.stringify(evil('from').replaceAll('"', '').slice(0, 60))} <a@${domain}>`, to: [`"<img/src=x>"@example.com`, 'b@example.com'], subject: evil('subject'), html, text: evil('text'), attachments: [{ filename: evil('file').replaceAll('/', '-'), content: 'AAAA', content_type: 'text/html' }] })
  if (sent.status !== 202) {
    const again = await post('messages', { from: `a@${domain}`, to: ['b@example.com'], subject: evil('subject'), html, text: evil('text'), attachments: [{ filename: 'x.html', content: 'AAAA', content_type: 'text/html' }] })
    equal(again.status, 202, JSON.stringify(again.body))
    message = again.body.id
  } else message = sent.body.id
})
const { browser, context, page, wrongs } = await open({ baseURL: url })
await page.goto('/login')
await page.fill('input[name=email]', email)
await page.fill('input[name=password]', password)
await page.keyboard.press('Enter')
await page.waitForURL('**/overview')
const mail = await until('the mail has not arrived', async () => {
  const inbox = await (await context.request.get(`${url}/api/v1/sandbox/inbox?limit=5`)).json()
  return inbox.items.find((one) => one.message === message)?.id
})

for (const path of ['/overview', '/domains', `/domains/${domain}`, '/addresses', '/send', '/messages', `/messages/${message}`, '/sandbox', `/sandbox/${mail}`, '/keys', '/me', '/users', '/audit', `/audit?object=${encodeURIComponent(evil('object'))}`, '/identity', '/signup', '/confirm', '/invitation', `/queue?id=${message}`, `/login?to=javascript:executed(1)`, `/login?to=//elsewhere.example/`, `/domains/${encodeURIComponent(evil('path'))}`, `/messages/${encodeURIComponent(evil('id'))}`, `/domains?q=${encodeURIComponent(evil('q'))}`])
  await check(`${path.slice(0, 40).replace(/\s/g, ' ')} shows it as text: nothing is executed`, async () => {
    await page.goto(path)
    await settled(page)
    if (path === `/sandbox/${mail}`) {
      await page.frameLocator('iframe.mail-frame').locator('#shown').waitFor()
      for (const at of [1, 2, 3]) await page.getByRole('tab').nth(at).click()
    }
    if (path === '/audit') for (const one of await page.locator('summary').all()) await one.click()
    // Of the mail's own frame Chromium tells what it has kept from happening: the defence at work.
    const executed = wrongs.filter((what) => /^(executed|page error)/.test(what))
    equal(executed, [], 'executed')
    equal(wrongs.filter((what) => what.startsWith('asked elsewhere')), [], 'asked elsewhere')
    equal(new URL(page.url()).origin, url, 'the page')
  })
await check('the page itself gave no report of its policy', async () => {
  const reports = wrongs.filter((what) => what.includes('CSP report'))
  equal(reports, [], 'reports')
})
await check('a hostile draft is shown in the preview without running', async () => {
  wrongs.splice(0)
  await page.goto('/send')
  await page.getByRole('tab').nth(1).click()
  await page.locator('textarea[name=html]').fill(html)
  await page.frameLocator('.html-preview iframe').locator('#shown').waitFor()
  await painted(page.frame({ url: /preview\.html/ }))
  equal(wrongs.filter((what) => /^executed|asked elsewhere/.test(what)), [], 'the list')
})
await check('handlers in a draft are dropped before the browser reports them', async () => {
  wrongs.splice(0)
  for (const [at, draft] of ['<h1 onclick=1>', '<h1 title="x"ONCLICK="executed(1)">', '<svg/onload=executed(1)>', '<a title=it\'s onclick=1>'].entries()) {
    await page.locator('textarea[name=html]').fill(`${draft}drafted</h1><p id=draft${at}>shown</p>`)
    await page.frameLocator('.html-preview iframe').locator(`#draft${at}`).waitFor()
    await painted(page.frame({ url: /preview\.html/ }))
  }
  equal(wrongs.filter((what) => /executed|script-src/i.test(what)), [], 'the list')
})
await browser.close()
