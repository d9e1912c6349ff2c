import { expectInteger, expectKnown, expectMethod } from '../../src/options.ts'
import type { Delivery, Sink, SinkBatch } from './contract.ts'
import { toNdjson } from './lines.ts'
import { withRetries } from './retry.ts'

/** The part of an R2 bucket's binding that is used. */
export interface BucketLike {
  put(key: string, value: Uint8Array, options?: BucketPutOptions): Promise<unknown>
  createMultipartUpload(key: string, options?: BucketPutOptions): Promise<UploadLike>
}

export interface UploadLike {
  uploadPart(partNumber: number, value: Uint8Array): Promise<UploadPart>
  complete(parts: UploadPart[]): Promise<unknown>
  abort(): Promise<unknown>
}

export interface UploadPart {
  partNumber: number
  etag: string
}

export interface BucketPutOptions {
  httpMetadata?: { contentType?: string }
}

export interface R2SinkOptions {
  /** Of every object's key. Default `hedgerow/`. */
  readonly prefix?: string
  /** Bytes of a part of an object that comes in several, 5 MiB to 100 MiB; as many are held in memory. Default 5 MiB. */
  readonly partBytes?: number
  /** Attempts for each call of the bucket, 1 to 10. Default 4. */
  readonly attempts?: number
  /** Milliseconds before the second attempt, doubled for each further one. Default 100. */
  readonly backoffMs?: number
}

/** R2 takes no smaller ones, but for the last. */
const LEAST_PART_BYTES = 5 * 2 ** 20

const METADATA: BucketPutOptions = { httpMetadata: { contentType: 'application/x-ndjson' } }

/**
 * Writes what one delivery brings as one object of NDJSON, `PREFIX2026-01-05/100000-UUID.ndjson`. The object is there once
 * all of it has been taken, and not at all where the delivery fails: what a sender then sends again is no duplicate.
 *
 * @throws TypeError naming the option, what it got and what it wanted
 */
export function r2Sink(bucket: BucketLike, options: R2SinkOptions = {}): Sink {
  expectMethod('r2Sink', bucket, 'createMultipartUpload')
  expectKnown('r2Sink', options, ['prefix', 'partBytes', 'attempts', 'backoffMs'])
  const settings: Settings = {
    prefix: options.prefix ?? 'hedgerow/',
    partBytes: expectInteger('partBytes', options.partBytes ?? LEAST_PART_BYTES, LEAST_PART_BYTES, 100 * 2 ** 20),
    attempts: expectInteger('attempts', options.attempts ?? 4, 1, 10),
    backoffMs: expectInteger('backoffMs', options.backoffMs ?? 100, 0, 60_000),
  }
  return { open: () => new R2Delivery(bucket, settings) }
}

type Settings = Required<R2SinkOptions>

class R2Delivery implements Delivery {
  readonly #bucket: BucketLike
  readonly #settings: Settings
  readonly #parts: UploadPart[] = []
  readonly #key: string
  #upload: UploadLike | undefined
  #buffer = new Uint8Array(0)
  #filled = 0

  constructor(bucket: BucketLike, settings: Settings) {
    this.#bucket = bucket
    this.#settings = settings
    const [day, time] = new Date().toISOString().split(/[T.]/)
    this.#key = `${settings.prefix}${day}/${time?.replaceAll(':', '')}-${crypto.randomUUID()}.ndjson`
  }

  async write({ records }: SinkBatch): Promise<void> {
    const bytes = toNdjson(records)
    const { partBytes } = this.#settings
    for (let at = 0; at < bytes.length; ) {
      const take = Math.min(bytes.length - at, partBytes - this.#filled)
      this.#reserve(this.#filled + take)
      this.#buffer.set(bytes.subarray(at, at + take), this.#filled)
      this.#filled += take
      at += take
      if (this.#filled === partBytes) await this.#send()
    }
  }

  async close(): Promise<void> {
    const rest = this.#buffer.subarray(0, this.#filled)
    if (this.#upload === undefined) {
      if (rest.length > 0) await this.#try(() => this.#bucket.put(this.#key, rest, METADATA))
      return
    }
    if (rest.length > 0) await this.#send()
    const upload = this.#upload
    await this.#try(() => upload.complete(this.#parts))
  }

  async abort(): Promise<void> {
    try {
      await this.#upload?.abort()
    } catch {
      // R2 itself gives up uploads that were not completed, after a week.
    }
  }

  async #send(): Promise<void> {
    this.#upload ??= await this.#try(() => this.#bucket.createMultipartUpload(this.#key, METADATA))
    const upload = this.#upload
    const part = this.#buffer.subarray(0, this.#filled)
    this.#parts.push(await this.#try(() => upload.uploadPart(this.#parts.length + 1, part)))
    this.#filled = 0
  }

  #try<T>(attempt: () => Promise<T>): Promise<T> {
    return withRetries('the bucket', this.#settings, attempt)
  }

  /** Grows to one part, no further: most deliveries are far smaller. */
  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return
    const larger = new Uint8Array(Math.min(this.#settings.partBytes, Math.max(bytes, 2 * this.#buffer.length, 65_536)))
    larger.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = larger
  }
}
