import { DurableObject } from 'cloudflare:workers'
import { expectInteger, expectKnown } from '../options.ts'
import { backOff } from './back-off.ts'
import type { BaselineChange, BaselineStore, Baselines, StoreLayout } from './contract.ts'

/** A baseline as a shard keeps it, with the number of its version: 0 where there is none. */
interface Kept {
  readonly version: number
  readonly bytes: Uint8Array
}

/** A baseline to be kept, and the version that it was made from. */
interface Proposal extends Kept {
  readonly key: string
}

/** Baselines that nobody changed for so long are forgotten: what bounds a shard, whatever keys arrive. */
const KEEP_MS = 90 * 24 * 3_600_000
const SWEEP_MS = 24 * 3_600_000

interface Row extends Record<string, SqlStorageValue> {
  version: number
  bytes: ArrayBuffer
}

/**
 * A part of all baselines, in the SQLite storage of one Durable Object: the single writer of its users. It knows nothing of
 * what is in a baseline; a version for each lets callers compare and set.
 */
export class BaselineShard extends DurableObject {
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env)
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS baselines (
         layout TEXT, key TEXT, version INTEGER NOT NULL, changed_ms INTEGER NOT NULL, bytes BLOB NOT NULL,
         PRIMARY KEY (layout, key)
       ) WITHOUT ROWID`,
    )
  }

  read(layout: string, keys: readonly string[]): Kept[] {
    return keys.map((key) => {
      const query = 'SELECT version, bytes FROM baselines WHERE layout = ? AND key = ?'
      const [row] = this.#sql.exec<Row>(query, layout, key).toArray()
      return row === undefined
        ? { version: 0, bytes: new Uint8Array(0) }
        : { version: row.version, bytes: new Uint8Array(row.bytes) }
    })
  }

  /** Keeps those whose version is still the one that they were made from. @returns for each whether it was kept */
  async write(layout: string, proposals: readonly Proposal[]): Promise<boolean[]> {
    const nowMs = Date.now()
    const kept = proposals.map(({ key, version, bytes }) => {
      const statement =
        version === 0
          ? 'INSERT INTO baselines (version, changed_ms, bytes, layout, key) VALUES (1, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
          : 'UPDATE baselines SET version = version + 1, changed_ms = ?, bytes = ? WHERE layout = ? AND key = ? AND version = ?'
      const values = [nowMs, bytes.slice().buffer, layout, key, ...(version === 0 ? [] : [version])]
      return this.#sql.exec(statement, ...values).rowsWritten > 0
    })
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(nowMs + SWEEP_MS)
    return kept
  }

  remove(layout: string, key: string): boolean {
    return this.#sql.exec('DELETE FROM baselines WHERE layout = ? AND key = ?', layout, key).rowsWritten > 0
  }

  override async alarm(): Promise<void> {
    this.#sql.exec('DELETE FROM baselines WHERE changed_ms < ?', Date.now() - KEEP_MS)
    const left = this.#sql.exec('SELECT 1 FROM baselines LIMIT 1').toArray()
    if (left.length > 0) await this.ctx.storage.setAlarm(Date.now() + SWEEP_MS)
  }
}

export interface DurableObjectStoreOptions {
  /**
   * Among how many objects the baselines are spread, 1 to 4096. Each does some hundred changes a second. Not to be changed
   * later: users would be looked for elsewhere. Default 16.
   */
  readonly shards?: number
}

/** So many times in a row others are faster only where something is very wrong. */
const MOST_ATTEMPTS = 100

/** Baselines in Durable Objects: shared by every isolate everywhere, none of whose updates is lost. */
export class DurableObjectStore implements BaselineStore {
  readonly #namespace: DurableObjectNamespace<BaselineShard>
  readonly #shards: number

  /** @throws TypeError naming the option, what it got and what it wanted */
  constructor(namespace: DurableObjectNamespace<BaselineShard>, options: DurableObjectStoreOptions = {}) {
    expectKnown('DurableObjectStore', options, ['shards'])
    this.#namespace = namespace
    this.#shards = expectInteger('shards', options.shards ?? 16, 1, 4096)
  }

  open(layout: StoreLayout): Baselines {
    return new ShardedBaselines(this.#namespace, this.#shards, layout)
  }
}

class ShardedBaselines implements Baselines {
  readonly #namespace: DurableObjectNamespace<BaselineShard>
  readonly #shards: number
  readonly #layout: string
  readonly #width: number

  constructor(namespace: DurableObjectNamespace<BaselineShard>, shards: number, { id, width }: StoreLayout) {
    this.#namespace = namespace
    this.#shards = shards
    this.#layout = `${id}/${width}`
    this.#width = width
  }

  async read(key: string): Promise<Float32Array | undefined> {
    const [baseline] = await this.readMany([key])
    return baseline
  }

  async readMany(keys: readonly string[]): Promise<readonly (Float32Array | undefined)[]> {
    const found = new Map<string, Float32Array | undefined>()
    const reading = this.#byShard(keys, (key) => key).map(async ([shard, own]) => {
      for (const [i, kept] of (await this.#stub(shard).read(this.#layout, own)).entries()) {
        found.set(own[i] as string, this.#floats(kept))
      }
    })
    await Promise.all(reading)
    return keys.map((key) => found.get(key))
  }

  update(key: string, change: (baseline: Float32Array) => void): Promise<void> {
    return this.updateMany([{ key, change }])
  }

  async updateMany(changes: readonly BaselineChange[]): Promise<void> {
    const byShard = this.#byShard(changes, ({ key }) => key)
    await Promise.all(byShard.map(([shard, own]) => this.#change(this.#stub(shard), own)))
  }

  async delete(key: string): Promise<boolean> {
    return this.#stub(this.#shardOf(key)).remove(this.#layout, key)
  }

  async #change(stub: DurableObjectStub<BaselineShard>, changes: readonly BaselineChange[]): Promise<void> {
    let left = [...new Set(changes.map(({ key }) => key))]
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt === MOST_ATTEMPTS) throw new Error('durable object: others change the same baselines all the time')
      await backOff(attempt)
      const before = await stub.read(this.#layout, left)
      const proposals = left.map((key, i): Proposal => {
        const { version, bytes } = before[i] as Kept
        const baseline = this.#floats({ version, bytes }) ?? new Float32Array(this.#width)
        for (const { key: of, change } of changes) if (of === key) change(baseline)
        return { key, version, bytes: new Uint8Array(baseline.buffer) }
      })
      const kept = await stub.write(this.#layout, proposals)
      left = left.filter((_, i) => kept[i] !== true)
    }
  }

  #floats({ version, bytes }: Kept): Float32Array | undefined {
    if (version === 0) return undefined
    if (bytes.length !== 4 * this.#width) throw new RangeError(`durable object: got ${bytes.length} bytes`)
    return new Float32Array(bytes.slice().buffer)
  }

  #byShard<T>(items: readonly T[], keyOf: (item: T) => string): (readonly [shard: number, items: T[]])[] {
    const byShard = new Map<number, T[]>()
    for (const item of items) {
      const shard = this.#shardOf(keyOf(item))
      const own = byShard.get(shard)
      if (own === undefined) byShard.set(shard, [item])
      else own.push(item)
    }
    return [...byShard]
  }

  #stub(shard: number): DurableObjectStub<BaselineShard> {
    return this.#namespace.get(this.#namespace.idFromName(`baselines-${shard}`))
  }

  /** FNV-1a: spreads keys evenly. Whoever chooses keys to load one shard could as well load one user. */
  #shardOf(key: string): number {
    let hash = 0x811c9dc5
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
    return (hash >>> 0) % this.#shards
  }
}
