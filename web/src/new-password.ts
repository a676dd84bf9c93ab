// What a password of a person must have before the server is asked.
import { t } from '@/i18n'

const least = 10 // characters, as core/user.h says

export function passwordFault(password: string): string {
  if (!password) return t('reasons.missing_field')
  return [...password].length < least ? t('setup.passwordHint') : ''
}
