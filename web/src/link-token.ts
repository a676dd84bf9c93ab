// The token of a link that came by mail. It stands in the fragment, which no server and no log sees.
export function linkToken(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token')?.trim() ?? ''
}
