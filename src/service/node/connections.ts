import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

/**
 * Connections, so many at most. Where one more comes, the one that has waited longest without a request under way goes: who
 * opens thousands and says nothing pushes out his own, and those who ask are answered.
 */
export class Connections {
  readonly #most: number
  /** Requests under way, of each connection that has any. */
  readonly #busy = new Map<Socket, number>()
  /** The others, in the order of their coming to rest. */
  readonly #waiting = new Set<Socket>()
  #open = 0

  constructor(most: number) {
    this.#most = most
  }

  add(socket: Socket): void {
    this.#open++
    this.#waiting.add(socket)
    socket.once('close', () => {
      this.#open--
      this.#waiting.delete(socket)
      this.#busy.delete(socket)
    })
    if (this.#open > this.#most) this.#letGo()
  }

  /** A request has come. @param response tells when it is done with */
  begin(socket: Socket, response: EventEmitter): void {
    this.#waiting.delete(socket)
    this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (this.#busy.get(socket) ?? 1) - 1
      if (left > 0) this.#busy.set(socket, left)
      else if (this.#busy.delete(socket)) this.#waiting.add(socket)
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
