import { joined } from '../records/joined.ts'

const encoder = new TextEncoder()

/** Where lines are collected until a batch is done: one text, or several pieces where some of it is bytes. */
export class Output {
  #text = ''
  #pieces: Uint8Array[] = []

  text(text: string): void {
    this.#text += text
  }

  bytes(bytes: Uint8Array): void {
    this.#pieces.push(encoder.encode(this.#text), bytes)
    this.#text = ''
  }

  /** A text, or one of bytes in pieces. */
  add(made: string | readonly Uint8Array[]): void {
    if (typeof made === 'string') this.#text += made
    else for (const piece of made) this.bytes(piece)
  }

  /** What was collected; begins anew. */
  take(): string | Uint8Array<ArrayBuffer> {
    const text = this.#text
    this.#text = ''
    if (this.#pieces.length === 0) return text
    const pieces = [...this.#pieces, encoder.encode(text)]
    this.#pieces = []
    return joined(pieces)
  }
}
