// The words of the pages of people, sessions, the audit log and the identity verification: fetched with
// the first of them, so that the sign-in and the overview stay light.
import en from './en'
import zh from './zh'
import { i18n, plain } from '@/i18n'

i18n.global.mergeLocaleMessage('en', plain(en))
i18n.global.mergeLocaleMessage('zh', plain(zh))
