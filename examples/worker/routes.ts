import { Hono } from 'hono'
import type { HedgerowEnv } from '../../middleware/index.ts'

/** What the app does, as if nothing watched it; a stand-in for yours. */
export const routes = new Hono<HedgerowEnv>()
  .get('/', (c) => c.json({ app: 'reports', anomaly: c.var.anomaly }))
  .post('/login', (c) => c.json({ signedIn: true }))
  .post('/logout', (c) => c.json({ signedIn: false }))
  .get('/reports', (c) => c.json({ reports: REPORTS }))
  .get('/reports/:id', (c) => c.json({ report: c.req.param('id'), rows: ROWS }))
  .get('/reports/:id/download', (c) =>
    c.body(`month,revenue\n${ROWS.join('\n')}\n`, 200, { 'content-type': 'text/csv' }),
  )
  .post('/reports/:id/comments', (c) => {
    // Under `mode: 'enforce'` a request that is flagged comes through all the same, for the handler to do as it sees fit.
    const held = c.var.anomaly.outcome === 'flag'
    return c.json({ published: !held }, held ? 202 : 201)
  })

const REPORTS = ['1', '2', '3']
const ROWS = ['2026-01,1200', '2026-02,1350', '2026-03,1280']
