/** Control characters, of which a log or a file's name may be full, and which a terminal would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g

/** Text fit for a terminal. */
export function harmless(text: string): string {
  return text.replace(CONTROLS, '\ufffd')
}

/** Tells the person who called: lines on stderr, so that stdout is the command's result alone. */
export function say(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${harmless(line)}\n`)
}
