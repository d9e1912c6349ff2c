import type { EventEmitter } from 'node:events'

/** A socket, or a session of HTTP/2. */
export interface Connection extends EventEmitter {
  destroy(): unknown
}

/**
 * Connections, so many at most. Where one more comes, the one that has waited longest without a request under way goes: who
 * opens thousands and says nothing pushes out his own, and those who ask are answered.
 */
export class Connections {
  readonly #most: number
  /** Requests under way, of each connection that has any. */
  readonly #busy = new Map<Connection, number>()
  /** The others, in the order of their coming to rest. */
  readonly #waiting = new Set<Connection>()
  #open = 0

  constructor(most: number) {
    this.#most = most
  }

  add(connection: Connection): void {
    this.#open++
    this.#waiting.add(connection)
    connection.once('close', () => {
      this.#open--
      this.#waiting.delete(connection)
      this.#busy.delete(connection)
    })
    if (this.#open > this.#most) this.#letGo()
  }

  /** A request has come. @param response tells when it is done with */
  begin(connection: Connection, response: EventEmitter): void {
    this.#waiting.delete(connection)
    this.#busy.set(connection, (this.#busy.get(connection) ?? 0) + 1)
    response.once('close', () => {
      const left = (this.#busy.get(connection) ?? 1) - 1
      if (left > 0) this.#busy.set(connection, left)
      else if (this.#busy.delete(connection)) this.#waiting.add(connection)
    })
  }

  /** Of the one that has waited longest: the newest itself where all others are busy. */
  #letGo(): void {
    for (const longest of this.#waiting) {
      this.#waiting.delete(longest)
      longest.destroy()
      return
    }
  }
}
