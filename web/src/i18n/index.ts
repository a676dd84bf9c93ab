// The console's two languages. ?lang= comes first, then what the person chose, then the browser's.
import { createI18n } from 'vue-i18n'
import { computed } from 'vue'
import en from './en'
import zh from './zh'
import { call } from '@/api/client'

export type Language = 'en' | 'zh'
const kept = 'posthouse.language'

function asLanguage(text: string | null | undefined): Language | null {
  if (!text) return null
  if (text.toLowerCase().startsWith('zh')) return 'zh'
  return text.toLowerCase().startsWith('en') ? 'en' : null
}

function first(): Language {
  const asked = asLanguage(new URLSearchParams(location.search).get('lang'))
  const browser = navigator.languages.map(asLanguage).find((language) => language !== null)
  return asked ?? asLanguage(localStorage.getItem(kept)) ?? browser ?? 'en'
}

// vue-i18n takes a bare @ for a reference to another message.
export function plain<T>(tree: T): T {
  if (typeof tree === 'string') return tree.replaceAll('@', "{'@'}") as T
  const all = Object.entries(tree as object).map(([key, value]) => [key, plain(value)])
  return Object.fromEntries(all) as T
}

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: 'en',
  messages: { en: plain(en), zh: plain(zh) as unknown as typeof en },
  missingWarn: false,
  fallbackWarn: false,
})

export const language = computed(() => i18n.global.locale.value as Language)
export const localeTag = computed(() => (language.value === 'zh' ? 'zh-CN' : 'en'))

function show(to: Language) {
  i18n.global.locale.value = to
  document.documentElement.lang = to === 'zh' ? 'zh-CN' : 'en'
  localStorage.setItem(kept, to)
}

// By the person's hand: kept for him on the server where he is signed in.
export async function setLanguage(to: Language, person: boolean) {
  show(to)
  if (person) await call('language_set', { body: { language: to } })
}

// What the person chose elsewhere, unless the address says otherwise.
export function preferPerson(chosen: string) {
  const asked = asLanguage(new URLSearchParams(location.search).get('lang'))
  const wanted = asked ?? asLanguage(chosen)
  if (wanted && wanted !== language.value) show(wanted)
}

show(language.value)
export const t = i18n.global.t
