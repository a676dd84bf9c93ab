// Makes of dist/ what the binary carries: every file plain, as gzip and as brotli in one file of
// bytes, and the table of what lies where, as initialisers of console::Asset. Same input, same output.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import zlib from 'node:zlib'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const out = join(dist, 'packed')
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

function files(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return path === out ? [] : files(path)
    return [path]
  })
}

function squeezed(plain) {
  const brotli = zlib.brotliCompressSync(plain, {
    params: {
      [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  })
  const gzip = zlib.gzipSync(plain, { level: 9 })
  const worth = (bytes) => (bytes.length < plain.length * 0.95 ? bytes : Buffer.alloc(0))
  return { gzip: worth(gzip), brotli: worth(brotli) }
}

const pieces = []
let at = 0
function place(bytes) {
  const begin = at
  pieces.push(bytes)
  at += bytes.length
  return bytes.length === 0 ? '{}' : `bytes(${begin}, ${bytes.length})`
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out)
const rows = []
const sizes = { plain: 0, gzip: 0, brotli: 0 }
for (const path of files(dist).sort()) {
  const type = types[extname(path)]
  if (!type) throw new Error(`no type is known for ${path}`)
  const plain = readFileSync(path)
  const { gzip, brotli } = squeezed(plain)
  const etag = createHash('sha256').update(plain).digest('hex').slice(0, 32)
  sizes.plain += plain.length
  sizes.gzip += gzip.length || plain.length
  sizes.brotli += brotli.length || plain.length
  rows.push(
    `{.path = "/${relative(dist, path)}", .type = "${type}", .etag = "\\"${etag}\\"",` +
      ` .plain = ${place(plain)}, .gzip = ${place(gzip)}, .brotli = ${place(brotli)}},`,
  )
}
writeFileSync(join(out, 'console.bytes'), Buffer.concat(pieces))
// Last and at once: tools/web takes the table for the end of the build.
writeFileSync(join(out, 'console.inc.tmp'), rows.join('\n') + '\n')
renameSync(join(out, 'console.inc.tmp'), join(out, 'console.inc'))
const kb = (n) => `${Math.round(n / 1024)} KiB`
console.log(
  `-- console: ${rows.length} files, ${kb(sizes.plain)}, ${kb(sizes.gzip)} as gzip, ` +
    `${kb(sizes.brotli)} as brotli`,
)
