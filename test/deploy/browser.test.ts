import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../service/process.ts'
import { KEY, newFolder, run, servePublished } from './command.ts'

// The documentation page in a real browser. HEDGEROW_SCREENSHOT names a file for a picture of it.

const folder = newFolder()
let service: Server
let browser: BrowserContext

beforeAll(async () => {
  service = await servePublished()
  browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: run('which', 'chromium').trim(),
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
  await service?.end()
  rmSync(folder, { recursive: true, force: true })
})

describe('/docs', () => {
  it('sends the example request and shows its answer, with nothing from elsewhere', async () => {
    const page = await browser.newPage()
    const asked: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${service.url}/docs`)

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
    const elsewhere = asked.filter((url) => !url.startsWith(service.url) && !/^(data|blob):/.test(url))
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  })
})
