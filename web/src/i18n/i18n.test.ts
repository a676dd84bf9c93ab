import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import businessEn from './business/en'
import { helps } from './business/helps.zh'
import businessZh from './business/zh'
import en from './en'
import peopleEn from './people/en'
import peopleZh from './people/zh'
import { sentences } from './sentences.zh'
import zh from './zh'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

function leaves(tree: object, path = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const at = path ? `${path}.${key}` : key
    if (typeof value === 'string') out.set(at, value)
    else for (const [inner, text] of leaves(value as object, at)) out.set(inner, text)
  }
  return out
}
// The words that a page brings along stand beside those of every page.
const all = (catalogues: object[]) => new Map(catalogues.flatMap((one) => [...leaves(one)]))
const english = all([en, peopleEn, businessEn])
const chinese = all([zh, peopleZh, businessZh])
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

describe('the catalogues', () => {
  it('have the same keys', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
  })
  it('have no empty text, and the same holes in each', () => {
    for (const [key, text] of english) {
      expect(text.trim(), key).not.toBe('')
      expect(chinese.get(key)?.trim(), key).not.toBe('')
      // A plural of Chinese has one form, and it always names the number.
      if (!text.includes('|')) expect(holes(chinese.get(key) ?? ''), key).toEqual(holes(text))
    }
  })
  it('are each in their own language', () => {
    for (const [key, text] of english) expect(text, key).not.toMatch(/\p{Script=Han}/u)
    const names = /^(addresses\.(notVerified|and)|signIn\.point3|messages\.messageId|inbox\.(spf|dmarc)|addresses\.smtp|send\.html|keys\.secret(Id|Key)|door\.(rest|smtp|aws)|keyKind\.bearer|shell\.title|users\.comma|auditLog\.action|identity\.refused)$/
    for (const [key, text] of chinese) if (!names.test(key)) expect(text, key).toMatch(/\p{Script=Han}/u)
  })
})

function sources(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name)
    if (statSync(path).isDirectory()) return sources(path)
    return /\.(vue|ts)$/.test(name) && !/test\.ts$|generated/.test(name) ? [path] : []
  })
}

describe('the pages', () => {
  const files = sources(join(root, 'web/src'))
  it('name only texts that are there', () => {
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      for (const [, key] of text.matchAll(/(?:\$t|[^\w.$]t)\('([\w.]+)'/g)) expect(english.has(key), `${file}: ${key}`).toBe(true)
      for (const [, key] of text.matchAll(/keypath="([\w.]+)"/g)) expect(english.has(key), `${file}: ${key}`).toBe(true)
    }
  })
  it('bring the words of their room, which no other page names', () => {
    const routes = readFileSync(join(root, 'web/src/router.ts'), 'utf8')
    for (const [, page] of routes.matchAll(/import\('@\/(pages\/business\/\w+\.vue)'\)/g)) expect(readFileSync(join(root, 'web/src', page), 'utf8'), page).toContain("import '@/i18n/business'")
    const nouns = Object.keys(businessEn).join('|')
    for (const file of files.filter((name) => !/business/.test(name))) expect(readFileSync(file, 'utf8'), file).not.toMatch(new RegExp(`\\bt\\('(?:${nouns})\\.`))
  })
  it('have no words of their own', () => {
    for (const file of files.filter((name) => name.endsWith('.vue'))) {
      const template = readFileSync(file, 'utf8').split(/<template>/).slice(1).join('').replace(/\{\{[\s\S]*?\}\}/g, '').replace(/<!--[\s\S]*?-->/g, '').replace(/"[^"]*"/g, '""')
      const words = template.replace(/<[^>]*>/g, ' ').replace(/&\w+;/g, ' ')
      const left = (words.match(/[A-Za-z]{2,}|\p{Script=Han}+/gu) ?? []).filter((word) => !['English', '中文'].includes(word))
      expect(left, file).toEqual([])
    }
  })
})

describe('the words of the server', () => {
  const enumerators = (path: string, name: string) => {
    const body = new RegExp(`enum class ${name}[^{]*\\{([^}]*)\\}`).exec(read(path))?.[1] ?? ''
    return [...body.replace(/\/\/.*/g, '').matchAll(/\w+/g)].map(([word]) => word)
  }
  it('have each reason and cause in the catalogues', () => {
    const reasons = enumerators('src/core/reason.h', 'Reason')
    expect(reasons.length).toBeGreaterThan(30)
    for (const reason of reasons) expect(english.has(`reasons.${reason}`), reason).toBe(true)
    const causes = enumerators('src/core/cause.h', 'Cause')
    expect(causes.length).toBeGreaterThan(30)
    for (const cause of causes) expect(english.has(`cause.${cause}`), cause).toBe(true)
  })
  it('have words for every change that the audit log keeps', () => {
    const rooms = ['src/core', 'src/people', 'src/billing'].flatMap((room) => readdirSync(join(root, room)).filter((name) => name.endsWith('.cpp') && !name.endsWith('_test.cpp')).map((name) => `${room}/${name}`))
    const actions = rooms.flatMap((path) => [...read(path).matchAll(/(?:\.action =\s*|\brecord\([\w, ]*)"(\w+)\.(\w+)"/g)].map(([, area, verb]) => ({ path, area, verb })))
    expect(actions.length).toBeGreaterThan(20)
    for (const { path, area, verb } of actions) {
      expect(english.has(`auditArea.${area}`), `${path}: ${area}`).toBe(true)
      expect(english.has(`auditVerb.${verb}`), `${path}: ${area}.${verb}`).toBe(true)
    }
  })
  it('have Chinese for every limit that the queue names', () => {
    const limits = [...read('src/queue/verbs.cpp').replace(/"\s*\n\s*"/g, '').matchAll(/out\.limit =\s*(?:fmt::format\()?"([^"]+)"/g)].map(([, text]) => text)
    expect(limits.length).toBeGreaterThan(2)
    for (const limit of limits) {
      // A site is a name, all else numbers.
      const asked = limit.replace(/to \{\}/, 'to mx.example.com').replace(/\{\}/g, '3')
      expect(sentences.some(([pattern]) => pattern.test(asked)), `${limit} as ${asked}`).toBe(true)
    }
  })
  it('have Chinese for every advice about a record', () => {
    const source = read('src/core/domain_check.cpp')
    const calls = source.match(/(?:judge\(|\.advice = )[\s\S]*?;/g) ?? []
    const advices = calls
      .flatMap((call) => {
        const joined = call.replace(/"\s*\n\s*"/g, '')
        return (joined.match(/"(?:[^"\\]|\\.)*"/g) ?? []).map((text) => text.slice(1, -1))
      })
      // Pieces that stand inside a sentence.
      .filter((text) => text.length > 15 && !text.startsWith(';'))
    expect(advices.length).toBeGreaterThan(20)
    for (const advice of advices) {
      // The look-ups are a number, the others names.
      const asked = advice.replace(/\(\{\} /g, '(3 ').replace(/from \{\}|\{\}\{\}/g, '').replace(/\(\{\}\)/g, '(timeout)').replace(/\{\}\./g, '.').replace(/\{\}/g, 'x.example')
      const known = sentences.some(([pattern]) => pattern.test(asked) || pattern.test(advice.replace(/\{\}/g, 'x.example')))
      expect(known, `${advice} as ${asked}`).toBe(true)
    }
  })
  // Where the reason's own sentence is a vague one, the detail is what helps.
  it.each([
    'src/dns/domain_name.cpp', 'src/mime/address.cpp', 'src/mime/address_smtp.cpp', 'src/mime/builder.cpp', 'src/sandbox/sandbox.cpp',
    'src/people/evidence_file.cpp', 'src/people/identity.cpp', 'src/people/invitation.cpp', 'src/people/registration.cpp',
    'src/core/account.cpp', 'src/core/address.cpp', 'src/core/domain.cpp', 'src/core/key.cpp', 'src/core/user.cpp', 'src/core/send_content.cpp',
    'src/core/agreement.cpp',
  ])('have Chinese for every refusal of %s that a form can meet', (path) => {
    const source = read(path).replace(/\/\/.*/g, '').replace(/"\s*\n\s*"/g, '')
    const calls = source.match(/\b(?:fail|bad|wrong|refuse)\((?:[^;"]|"(?:[^"\\]|\\.)*")*;/g) ?? []
    // A failure of core or above it that is no refusal is for the log.
    const vague = calls.filter((call) =>
      call.startsWith('refuse') ? /Reason::(?:invalid_field|too_large|bad_recipient)/.test(call) : !call.startsWith('fail') || !/core|sandbox/.test(path),
    )
    const refusals = vague
      .filter((call) => !/Errc::(?:temporary|not_found)/.test(call))
      .flatMap((call) => (call.match(/"(?:[^"\\]|\\.)*"/g) ?? []).map((text) => text.slice(1, -1)))
      .filter((text) => text.includes(' '))
    expect(refusals.length).toBeGreaterThan(0)
    for (const refusal of refusals) {
      // What is filled in is a number or a name.
      const asked = ['3', 'x.example'].map((filled) => refusal.replace(/\{\d?\}/g, filled))
      expect(asked.some((text) => sentences.some(([pattern]) => pattern.test(text))), refusal).toBe(true)
    }
  })
  it('have Chinese for each setting', () => {
    const names = [...read('src/core/settings_table.cpp').matchAll(/\{?"((?:registration|identity|system|billing|quota)\.\w+)"/g)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(20)
    expect(Object.keys(helps).sort()).toEqual([...new Set(names)].sort())
  })
  it('have Chinese for the longest password', () => {
    const [text] = /a password has [^"]*/.exec(read('src/crypto/password.cpp')) ?? ['']
    expect(sentences.some(([pattern]) => pattern.test(text.replace('{}', '256'))), text).toBe(true)
  })
})
