// What the server says in English, in the person's language. In English it is shown as it is; in
// Chinese by a pattern where its sentence is known, else by the reason's own sentence.
import { Problem } from '@/api/client'
import { i18n, language } from '@/i18n'
import { sentences } from '@/i18n/sentences.zh'

export function said(text: string, otherwise = ''): string {
  if (language.value === 'en') return text
  for (const [pattern, chinese] of sentences) {
    const found = pattern.exec(text)
    if (found) return chinese.replace(/\$(\d)/g, (_, n: string) => found[Number(n)] ?? '')
  }
  return otherwise || text
}

export function problemText(problem: Problem): string {
  const { t, te } = i18n.global
  const key = `reasons.${problem.reason}`
  const plain = te(key, 'en') ? t(key) : t('reasons.internal')
  if (!problem.detail) return plain
  return said(problem.detail, plain)
}
