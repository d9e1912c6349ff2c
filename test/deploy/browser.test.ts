import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../service/process.ts'
import { KEY, newFolder, run, servePublished } from './command.ts'
import { type StartedFront, startNginx } from './proxy.ts'

// The documentation page in a real browser, from the service itself and through nginx. HEDGEROW_SCREENSHOT names a file for a picture of it.

const folder = newFolder()
let service: Server
let proxy: StartedFront
let browser: BrowserContext

beforeAll(async () => {
  service = await servePublished()
  proxy = await startNginx(service)
  browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: run('sh', '-c', 'command -v chromium || command -v google-chrome').trim(),
    // Who signed the certificate is not asked: it is of the tests' own making.
    ignoreHTTPSErrors: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    viewport: { width: 1200, height: 1600 },
  })
})

afterAll(async () => {
  await browser?.close()
  await proxy?.stop()
  await service?.end()
  rmSync(folder, { recursive: true, force: true })
})

describe('/docs', () => {
  it.each([
    ['from the service', () => service.url],
    ['through nginx, over TLS', () => `https://127.0.0.1:${proxy.https}`],
  ])('sends the example request and shows its answer, with nothing from elsewhere: %s', async (_, origin) => {
    const url = origin()
    const page = await browser.newPage()
    const asked: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${url}/docs`)

    await page.getByRole('button', { name: 'Authorize' }).click()
    await page.getByLabel('auth-bearer-value').fill(KEY)
    await page.getByRole('button', { name: 'Apply credentials' }).click()
    await page.getByRole('button', { name: 'Close' }).last().click()

    const operation = page.locator('#operations-default-predict')
    await operation.getByText('Score one event').click()
    await operation.getByRole('button', { name: 'Execute' }).click()
    const answer = operation.locator('.live-responses-table .response')
    await answer.waitFor()
    expect(await answer.locator('.response-col_status').innerText()).toMatch(/^200/)
    const body = await answer.locator('.response-col_description pre').first().innerText()
    expect(JSON.parse(body)).toMatchObject({ is_anomaly: true, threshold_percentile: 0.98 })

    const { HEDGEROW_SCREENSHOT: picture } = process.env
    if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true })
    const elsewhere = asked.filter((each) => !each.startsWith(url) && !/^(data|blob):/.test(each))
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })
})
