import { expect, it } from 'vitest'
import * as samples from './samples'

const place: samples.Place = { origin: 'http://127.0.0.1:8080', host: '127.0.0.1', port: 2587, from: "o'hara@mail.example.com", token: 'ph_x', secretId: 'AKIDx', secretKey: 'k"ey', password: 'Courier-2026-road', selfSigned: true }

it('fill in the place, quoted as each language wants it', () => {
  const curl = samples.curl(place)
  expect(curl).toContain('http://127.0.0.1:8080/api/v1/messages')
  expect(curl).toContain("'Authorization: Bearer ph_x'")
  expect(curl).toContain(`o'\\''hara`)
  expect(samples.tencentPython(place)).toContain('"k\\"ey"')
  expect(samples.tencentPython(place)).toContain('endpoint="127.0.0.1:8080"')
  expect(samples.tencentNode(place)).toContain('protocol: "http://"')
  expect(samples.python(place)).toContain('"Bearer ph_x"')
  expect(samples.go(place)).toContain('request.Header.Set("Authorization", "Bearer ph_x")')
  expect(samples.php(place)).toContain("'from' => 'o\\'hara@mail.example.com'")
  expect(samples.php(place)).toContain('"\\n";\n')
  expect(samples.tencentGo(place)).toContain('settings.HttpProfile.Scheme = "HTTP"')
  expect(samples.tencentPhp(place)).toContain('use TencentCloud\\Ses\\V20201002\\SesClient;')
  expect(samples.tencentPhp(place)).toContain("new HttpProfile('http://', '127.0.0.1:8080')")
  expect(samples.nodemailer(place)).toContain('port: 2587')
  expect(samples.swaks(place)).toContain('--server 127.0.0.1:2587')
})

it('get past the certificate of the sandbox, and check every other', () => {
  const real = { ...place, selfSigned: false }
  const past = /rejectUnauthorized: false|CERT_NONE|ssl\.trust=\*|checkserveridentity=false/
  for (const sample of [samples.nodemailer, samples.pythonSmtp, samples.spring]) {
    expect(sample(place)).toMatch(past)
    expect(sample(place)).toContain('self-signed; leave')
    expect(sample(real)).not.toMatch(past)
    expect(sample(real)).not.toContain('self-signed')
  }
  expect(samples.swaks(place)).not.toContain('--tls-verify')
  expect(samples.swaks(real)).toContain('--tls --tls-verify --auth')
})

it('escape what a .properties file would read as an escape', () => {
  const spring = samples.spring({ ...place, password: 'Cour\\ier12:x' })
  expect(spring).toContain('spring.mail.password=Cour\\\\ier12:x\n')
  expect(spring.split('\n').every((line) => !line || /^(#.*|[\w.]+=.+)$/.test(line))).toBe(true)
})
