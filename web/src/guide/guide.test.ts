import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chapters, linkOf } from './index'
import { anchor, show } from './markdown'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const text = (language: string, chapter: string) => readFileSync(join(root, `docs/guide/${language}/${chapter}.md`), 'utf8')
const shown = (markdown: string) => show(markdown, { link: linkOf, picture: (name) => `/assets/${name}` })
const both = ['en', 'zh'].flatMap((language) => chapters.map((chapter) => [language, chapter] as const))

describe('the Markdown of the guide', () => {
  it('becomes HTML, escaped', () => {
    const { title, html } = shown('# A & b\n\n## Find it\n\nSay **so**, `a<b>` and [there](domains.md#x).\ntwo lines\n\n- one\n  more\n- two\n\n1. first\n\n```\n<x>\n\n"y"\n```\n\n![a "b"](pictures/c.png)\n')
    expect(title).toBe('A & b')
    expect(html.split('\n').join('')).toBe(
      '<h2 id="find-it">Find it</h2><p>Say <strong>so</strong>, <code>a&lt;b&gt;</code> and <a class="link" href="/guide/domains#x">there</a>. two lines</p>' +
        '<ul><li>one more</li><li>two</li></ul><ol><li>first</li></ol><pre class="source" tabindex="0">&lt;x&gt;&quot;y&quot;</pre>' +
        '<p><img src="/assets/pictures/c.png" alt="a &quot;b&quot;" loading="lazy"></p>',
    )
  })
  it('leaves out a picture that is not there', () => {
    expect(show('![a](b.png)', { link: linkOf, picture: () => undefined }).html).toBe('<p></p>')
  })
  it('gives anchors to Chinese headings', () => {
    expect(anchor('四条 DNS 记录：怎么填')).toBe('四条-dns-记录-怎么填')
  })
})

describe('the guide', () => {
  it('has the same chapters in both languages, and no file that nobody lists', () => {
    for (const language of ['en', 'zh']) {
      const files = readdirSync(join(root, 'docs/guide', language)).filter((name) => name.endsWith('.md'))
      expect(files.sort()).toEqual(chapters.map((chapter) => `${chapter}.md`).sort())
    }
  })
  it('has as many headings, items and pictures in each', () => {
    const shape = (markdown: string) => (shown(markdown).html.match(/<(h\d|li|pre|img)\b/g) ?? []).join(' ')
    for (const chapter of chapters) expect(shape(text('zh', chapter)), chapter).toBe(shape(text('en', chapter)))
  })
  it('has a title for each chapter, and leads only to what is there', () => {
    const routes = [...readFileSync(join(root, 'web/src/router.ts'), 'utf8').matchAll(/path: '(\/[a-z]*)/g)].map(([, path]) => path)
    for (const [language, chapter] of both) {
      const markdown = text(language, chapter)
      expect(shown(markdown).title, `${language} ${chapter}`).not.toBe('')
      for (const [, to] of markdown.matchAll(/(?<!!)\[[^\]]+\]\(([^)\s]+)\)/g)) {
        const where = `${language} ${chapter}: ${to}`
        if (to.startsWith('/')) {
          expect(routes, where).toContain(/^\/[a-z]*/.exec(to)![0])
          continue
        }
        const [, name, , part] = /^(\w+)\.md(#(.+))?$/.exec(to) ?? []
        expect(chapters, where).toContain(name)
        const ids = [...shown(text(language, name)).html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
        if (part) expect(ids, where).toContain(part)
      }
    }
  })
  it('is linked from pages by chapters that are there', () => {
    const pages = join(root, 'web/src/pages')
    const named = readdirSync(pages, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.vue')).flatMap((file) => [...readFileSync(join(pages, file), 'utf8').matchAll(/ guide="([^"#]+)/g)].map(([, name]) => name))
    expect([...new Set(named)].sort()).toEqual([...chapters].sort())
  })
  it('names only pictures that one command makes', () => {
    const made = readFileSync(join(root, 'tests/console/guide.mjs'), 'utf8')
    for (const [language, chapter] of both)
      for (const [, name] of text(language, chapter).matchAll(/!\[[^\]]+\]\(pictures\/([\w-]+)\.png\)/g)) {
        expect(made, name).toContain(`'${name}'`)
        if (existsSync(join(root, 'docs/guide', language, 'pictures'))) expect(existsSync(join(root, `docs/guide/${language}/pictures/${name}.png`)), `${language} ${name}`).toBe(true)
      }
  })
})
