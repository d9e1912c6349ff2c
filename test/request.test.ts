import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../src/event.ts'
import { classifyRequest, deviceOf } from '../src/request.ts'

describe('the event type of a request', () => {
  it.each([
    ['POST', '/login', 'login'],
    ['POST', '/wp-login.php', 'login'],
    ['POST', '/users/sign_in', 'login'],
    ['POST', '/api/v1/auth/sign-in', 'login'],
    ['POST', '/accounts/login/', 'login'],
    ['POST', '/Account/LogOn', 'login'],
    ['POST', '/j_security_check', 'login'],
    ['POST', '/login/oauth/access_token', 'login'],
    ['POST', '/oauth/token', 'login'],
    ['POST', '/oauth2/v2.0/token', 'login'],
    ['POST', '/api/session', 'login'],
    ['PUT', '/sessions/', 'login'],
    ['POST', '/session.json', 'login'],
    ['POST', '/api/auth', 'login'],
    ['GET', '/login', 'view'],
    ['HEAD', '/users/sign_in', 'view'],
    ['POST', '/conference/sessions/7/notes', 'click'],
    ['POST', '/api/token/refresh', 'click'],
    ['POST', '/device-tokens', 'click'],
    ['POST', '/authors', 'click'],
    ['POST', '/bloginfo', 'click'],
    ['POST', '/catalogin', 'click'],
    ['GET', '/logout', 'logout'],
    ['POST', '/users/sign_out', 'logout'],
    ['DELETE', '/users/sign_out', 'logout'],
    ['GET', '/user/logout.php', 'logout'],
    ['POST', '/signoff/', 'logout'],
    ['DELETE', '/session', 'logout'],
    ['DELETE', '/api/sessions/7f3e', 'logout'],
    ['DELETE', '/login', 'logout'],
    ['DELETE', '/sessions/7/notes', 'click'],
    ['DELETE', '/articles/7', 'click'],
    ['GET', '/docs/logout-flow', 'view'],
    ['GET', '/download', 'download'],
    ['GET', '/files/42/download', 'download'],
    ['GET', '/reports/export.php', 'download'],
    ['GET', '/report.pdf', 'download'],
    ['HEAD', '/backup.tar.gz', 'download'],
    ['GET', '/DATA.CSV', 'download'],
    ['GET', '/attachments/7', 'download'],
    ['POST', '/exports', 'click'],
    ['GET', '/uploads/photo.png', 'view'],
    ['GET', '/exporters', 'view'],
    ['GET', '/pdf', 'view'],
    ['GET', '/', 'view'],
    ['GET', '', 'view'],
    ['OPTIONS', '*', 'view'],
    ['GET', '/articles/%E0%A4%A', 'view'],
    ['POST', '/cart/items', 'click'],
    ['PATCH', '/profile', 'click'],
    ['PROPFIND', '/dav/', 'click'],
  ])('%s %s is a %s', (method, path, type) => {
    expect(classifyRequest(method, path)).toBe(type)
  })

  it('is one that every model knows, whatever the method and the path', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary', maxLength: 2_000 }), (method, path) =>
        EVENT_TYPES.includes(classifyRequest(method, path)),
      ),
    )
  })
})

describe('the device of a request', () => {
  it.each([
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148',
      'mobile',
    ],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/124.0.0.0 Mobile Safari/537.36', 'mobile'],
    ['Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15', 'mobile'],
    ['Mozilla/5.0 (Android 13; Mobile; rv:109.0) Gecko/114.0 Firefox/114.0', 'mobile'],
    ['Opera/9.80 (Android 4.1; Linux; Opera Mobi/ADR-1111101157) Presto/2.9.201', 'mobile'],
    ['Opera/9.80 (J2ME/MIDP; Opera Mini/7.1; U; en) Presto/2.12.423', 'mobile'],
    ['Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0)', 'mobile'],
    ['BlackBerry9700/5.0.0.862 Profile/MIDP-2.1 Configuration/CLDC-1.1', 'mobile'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0.0.0 Safari/537.36', 'desktop'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 14.4; rv:125.0) Gecko/20100101 Firefox/125.0', 'desktop'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'desktop'],
    ['curl/8.7.1', 'desktop'],
    ['Mozilla/5.0 automobile-crawler', 'desktop'],
    ['', 'desktop'],
    [undefined, 'desktop'],
  ])('that says %s is %s', (userAgent, device) => {
    expect(deviceOf(userAgent)).toBe(device)
  })
})

describe('what a client makes as long as it likes', () => {
  const bits = [
    '/',
    '-',
    '_',
    '.',
    'a',
    '/session',
    '/sessions/',
    '.tar',
    '/log-in',
    '-login',
    'x.gz',
    '/download.',
    'Mobi',
    ' ',
  ]
  const lengthened = (bit: string): string => bit.repeat(10_000).slice(0, 10_000)

  it.each(bits)('costs no more than a millisecond at 10,000 characters of %j', (bit) => {
    const long = lengthened(bit)
    const start = performance.now()
    for (let i = 0; i < 100; i++) {
      classifyRequest('DELETE', `${long}!`)
      classifyRequest('POST', `${long}!`)
      classifyRequest('GET', `${long}!`)
      deviceOf(`${long}!`)
    }
    expect((performance.now() - start) / 400).toBeLessThan(1)
  })

  it('is read up to its 512th character', () => {
    expect(classifyRequest('POST', `${'/a'.repeat(250)}/login`)).toBe('login')
    expect(classifyRequest('POST', `${'/a'.repeat(300)}/login`)).toBe('click')
    expect(deviceOf(`${' '.repeat(600)}iPhone`)).toBe('desktop')
  })
})
