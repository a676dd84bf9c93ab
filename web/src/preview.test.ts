// The script of the preview's frame (public/preview.js), which stands outside of the bundle.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = readFileSync(fileURLToPath(new URL('../public/preview.js', import.meta.url)), 'utf8')
const body = /function withoutHandlers[\s\S]*?\n\}\n/.exec(script)?.[0] ?? ''
const withoutHandlers = new Function(`${body}; return withoutHandlers`)() as (html: string) => string

it('drops handlers however they are written', () => {
  for (const tag of ['<h1 onclick=1>', '<h1 ONCLICK="a > b">', "<h1\nonclick='1'>", '<h1/onclick=1>', '<h1 onclick>', '<h1 title="x"onclick=1>', '<h1 a=1 onclick = "1" b>', '<h1 onclick=1 onload=2 onx=3>', '<a title=it\'s onclick=1>', '<h1 =x onclick=1>', '<svg><a onclick=1', '<!-- <a title=" --><h1 onclick=1>', '<style>a<b"</style><h1 onclick=1>', '<title><a "</title><h1 onclick=1>'])
    expect(withoutHandlers(tag), tag).not.toMatch(/\son|\/on|"on/i)
})

it('leaves everything else as it is', () => {
  for (const html of ['', 'on=1 <p>one = 1, on x</p>', '<a href="x?onclick=1" title=\'go on=1\'>on</a>', '<p class=on data-on=1>a < b on=1 > c</p>', '<textarea><h1 onclick=1></textarea>', '<!-- <h1 onclick=1> -->', '<!-- <h1 onclick=1>', '<style>a{b:c}'])
    expect(withoutHandlers(html), html).toBe(html)
  expect(withoutHandlers('<p a=1 onclick="x" b=2>c</p>')).toBe('<p a=1  b=2>c</p>')
})

it('takes time by the length only', () => {
  for (const unit of ['<a ', '<a "', "<a '", '<a x="', '<!--', '<!-- ', '<style>', '<a onx=', '<a =', '<a/ ', ' ', '<a\n\n'])
    withoutHandlers(unit.repeat(5_000))
})
