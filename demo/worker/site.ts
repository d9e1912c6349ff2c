// Some other application, of which only its access log is known: it has every path, and answers each request with the
// status that the log has for it.

import { STATUS_HEADER, USER_HEADER } from '../headers.ts'
import { demoApp } from './app.ts'

const app = demoApp({ identify: (c) => decodeURIComponent(c.req.header(USER_HEADER) ?? '') })

app.all('*', (c) => {
  const status = Number(c.req.header(STATUS_HEADER))
  return new Response(null, { status: status >= 200 && status <= 599 ? status : 200 })
})

export default app
