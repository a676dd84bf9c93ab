// The guide of docs/guide: one file a chapter and language, each fetched when it is read.
import type { Language } from '@/i18n'
import { show, type Shown } from './markdown'

export const chapters = ['start', 'activation', 'domains', 'addresses', 'send', 'applications', 'billing', 'quota', 'people', 'queue', 'operator'] as const
export type Chapter = (typeof chapters)[number]
export const isChapter = (name: string): name is Chapter => (chapters as readonly string[]).includes(name)

const texts = import.meta.glob<string>('../../../docs/guide/*/*.md', { query: '?raw', import: 'default' })
const pictures = import.meta.glob<string>('../../../docs/guide/*/pictures/*.png', { query: '?url', import: 'default', eager: true })

// `domains.md#records` is a file's neighbour in the repository, and a page here.
export const linkOf = (to: string) => to.replace(/^([a-z]+)\.md/, '/guide/$1')

export async function read(language: Language, chapter: Chapter): Promise<Shown> {
  const folder = `../../../docs/guide/${language}`
  const text = await texts[`${folder}/${chapter}.md`]()
  return show(text, { link: linkOf, picture: (name) => pictures[`${folder}/${name}`] })
}
