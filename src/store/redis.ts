import { expectInteger, expectKnown, expectMethod } from '../options.ts'
import { backOff } from './back-off.ts'
import type { BaselineChange, BaselineStore, Baselines, StoreLayout } from './contract.ts'

/**
 * Sends one command and gets its reply, texts as bytes. With node-redis:
 *
 *     const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
 *     new RedisStore({ send: (args) => binary.sendCommand([...args]) })
 */
export interface RedisSender {
  send(args: readonly (string | Uint8Array)[]): Promise<RedisReply>
}

/** What is used of Redis' replies; others come where something is wrong. */
export type RedisReply = unknown

export interface RedisStoreOptions {
  /** Before the name of every key. Default `hedgerow`. */
  readonly prefix?: string
  /** Days after which a baseline that nobody changed is forgotten: what bounds memory. Default 90. */
  readonly keepDays?: number
}

/**
 * Writes a value if the one there is still what was read: to compare and set in one step, which loses no update however
 * many processes write at a time. Nought is returned where another was faster.
 */
const COMPARE_AND_SET = `local now = redis.call('GET', KEYS[1])
if now == false then now = '' end
if now ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1`

/** So many times in a row another process is faster only where something is very wrong. */
const MOST_ATTEMPTS = 100

const SECONDS_OF_DAY = 86_400
const NONE = new Uint8Array(0)

/** Baselines in Redis, or what speaks its language: shared by any number of processes, none of whose updates is lost. */
export class RedisStore implements BaselineStore {
  readonly #sender: RedisSender
  readonly #prefix: string
  readonly #keepSec: number

  /** @throws TypeError naming the option, what it got and what it wanted */
  constructor(sender: RedisSender, options: RedisStoreOptions = {}) {
    expectMethod('RedisStore', sender, 'send')
    expectKnown('RedisStore', options, ['prefix', 'keepDays'])
    this.#sender = sender
    this.#prefix = options.prefix ?? 'hedgerow'
    this.#keepSec = SECONDS_OF_DAY * expectInteger('keepDays', options.keepDays ?? 90, 1, 36_500)
  }

  open({ id, width }: StoreLayout): Baselines {
    return new RedisBaselines(this.#sender, `${this.#prefix}:${id}/${width}:`, width, this.#keepSec)
  }
}

class RedisBaselines implements Baselines {
  readonly #sender: RedisSender
  readonly #prefix: string
  readonly #width: number
  readonly #keepSec: number

  constructor(sender: RedisSender, prefix: string, width: number, keepSec: number) {
    this.#sender = sender
    this.#prefix = prefix
    this.#width = width
    this.#keepSec = keepSec
  }

  async read(key: string): Promise<Float32Array | undefined> {
    return this.#floats(await this.#get(key))
  }

  readMany(keys: readonly string[]): Promise<readonly (Float32Array | undefined)[]> {
    // Sent in one go: the client pipelines what is asked for at a time. (MGET would not do for a cluster.)
    return Promise.all(keys.map((key) => this.read(key)))
  }

  update(key: string, change: (baseline: Float32Array) => void): Promise<void> {
    return this.#change(key, [change])
  }

  async updateMany(changes: readonly BaselineChange[]): Promise<void> {
    const byKey = new Map<string, BaselineChange['change'][]>()
    for (const { key, change } of changes) {
      const own = byKey.get(key)
      if (own === undefined) byKey.set(key, [change])
      else own.push(change)
    }
    await Promise.all([...byKey].map(([key, own]) => this.#change(key, own)))
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#sender.send(['DEL', this.#prefix + key])) === 1
  }

  async #change(key: string, changes: readonly ((baseline: Float32Array) => void)[]): Promise<void> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      await backOff(attempt)
      const before = await this.#get(key)
      const baseline = this.#floats(before) ?? new Float32Array(this.#width)
      for (const change of changes) change(baseline)
      const after = new Uint8Array(baseline.buffer, baseline.byteOffset, baseline.byteLength)
      const args = ['EVAL', COMPARE_AND_SET, '1', this.#prefix + key, before ?? NONE, after, String(this.#keepSec)]
      if ((await this.#sender.send(args)) === 1) return
    }
    throw new Error('redis: other processes change the same baseline all the time')
  }

  async #get(key: string): Promise<Uint8Array | undefined> {
    const reply = await this.#sender.send(['GET', this.#prefix + key])
    if (reply === null) return undefined
    if (reply instanceof Uint8Array && reply.length === 4 * this.#width) return reply
    throw new RangeError(`redis: got another value than ${4 * this.#width} bytes`)
  }

  /** In memory of its own: what Redis sent lies at any address, in a buffer with other replies. */
  #floats(bytes: Uint8Array | undefined): Float32Array | undefined {
    return bytes === undefined ? undefined : new Float32Array(new Uint8Array(bytes).buffer)
  }
}
