// What a session's program calls itself, in names that people know. A guess, so the whole text stands
// beside it.
const browsers: Array<[RegExp, string]> = [
  [/\bEdgA?\//, 'Edge'], [/\bOPR\//, 'Opera'], [/MicroMessenger\//, 'WeChat'], [/SamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'], [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'], [/\bVersion\/.* Safari\//, 'Safari'],
  [/^curl\//, 'curl'], [/^python/i, 'Python'], [/^Go-http-client\//, 'Go'],
]
const systems: Array<[RegExp, string]> = [
  [/\b(?:iPhone|iPad|iPod)\b/, 'iOS'], [/\bAndroid\b/, 'Android'], [/\bHarmonyOS\b/i, 'HarmonyOS'], [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'], [/\bCrOS\b/, 'ChromeOS'], [/\bLinux\b/, 'Linux'],
]

export function agentName(agent: string): string {
  const of = (names: Array<[RegExp, string]>) => names.find(([pattern]) => pattern.test(agent))?.[1]
  return [of(browsers), of(systems)].filter(Boolean).join(' · ')
}
