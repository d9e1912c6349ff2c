/**
 * Splits CSV lines that have quotes in them into cells, as RFC 4180 has it: a quote opens a quoted cell only at the cell's
 * start, two quotes inside stand for one, and a line end inside belongs to the cell. Works line by line, each character
 * looked at once, however many lines a cell spans.
 */
export class CellSplitter {
  #cells: string[] = []
  /** What a quoted cell holds so far; undefined outside of one. */
  #open: string | undefined

  /**
   * @param text the next line of the record, without its end
   * @returns the record's cells; undefined where a quoted cell goes on in the next line; a reason where the line is wrong.
   * After cells or a reason the next line begins a record.
   */
  add(text: string): string[] | string | undefined {
    let at = 0
    let value = this.#open
    for (;;) {
      if (value === undefined) {
        if (text[at] !== '"') {
          const comma = text.indexOf(',', at)
          this.#cells.push(comma < 0 ? text.slice(at) : text.slice(at, comma))
          if (comma < 0) return this.reset()
          at = comma + 1
          continue
        }
        at++
        value = ''
      }
      const quote = text.indexOf('"', at)
      if (quote < 0) {
        this.#open = value + text.slice(at)
        return undefined
      }
      value += text.slice(at, quote)
      at = quote + 1
      if (text[at] === '"') {
        value += '"'
        at++
        continue
      }
      this.#cells.push(value)
      value = undefined
      if (at === text.length) return this.reset()
      if (text[at] !== ',') {
        this.reset()
        return 'text follows a closing quote'
      }
      at++
    }
  }

  /** Adds the line end that stands inside of a quoted cell. */
  addEnd(end: string): void {
    if (this.#open !== undefined) this.#open += end
  }

  /** Forgets the record begun, and gives back its cells. */
  reset(): string[] {
    const cells = this.#cells
    this.#cells = []
    this.#open = undefined
    return cells
  }
}
