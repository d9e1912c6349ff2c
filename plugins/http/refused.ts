interface RefusedOptions {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A request that is not taken, or not all of it. Says nothing of what was sent. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(detail: string, { status, headers = {}, cause }: RefusedOptions) {
    super(detail, cause === undefined ? undefined : { cause })
    this.status = status
    this.headers = headers
  }
}
