/** Changes to a JSON object's text that leave the rest of it as it was written: key order, spelling of numbers, spaces. */

/**
 * Adds a member at the end.
 *
 * @param text of a JSON object that was parsed, so known to be one
 * @param member `"name":value`
 */
export function withMember(text: string, member: string): string {
  const brace = text.lastIndexOf('}')
  return `${text.slice(0, brace)}${isEmptyBefore(text, brace) ? '' : ','}${member}${text.slice(brace)}`
}

/** What {@link withMember} does, for a text of which there are only the bytes. */
export function withMemberBytes(bytes: Uint8Array, member: string): Uint8Array[] {
  const brace = bytes.lastIndexOf(125 /* } */)
  let last = brace - 1
  while (last > 0 && (bytes[last] as number) <= 32) last--
  const comma = bytes[last] === 123 /* { */ ? '' : ','
  return [bytes.subarray(0, brace), new TextEncoder().encode(comma + member), bytes.subarray(brace)]
}

function isEmptyBefore(text: string, brace: number): boolean {
  let last = brace - 1
  while (last > 0 && text.charCodeAt(last) <= 32) last--
  return text.charCodeAt(last) === 123 /* { */
}

/** The member that a record gets. */
export const FIELD = 'anomaly'

/**
 * A JSON object's text with its `anomaly`, in the place of one that it already has; the rest stays as it was written.
 *
 * @param bytes what the text stands for, where it was no valid UTF-8
 * @param anomaly the object's own text
 */
export function withAnomaly(
  text: string,
  bytes: Uint8Array | undefined,
  record: object,
  anomaly: string,
): string | Uint8Array[] {
  const member = `"${FIELD}":${anomaly}`
  const again = Object.hasOwn(record, FIELD)
  if (bytes === undefined) return withMember(again ? withoutMember(text, FIELD) : text, member)
  return withMemberBytes(again ? withoutMemberBytes(bytes, FIELD) : bytes, member)
}

/**
 * Takes the members of a name out of an object: where a record was scored before, two verdicts would be one too many,
 * and many readers refuse an object with a name twice.
 *
 * @param text of a JSON object that was parsed, so known to be one
 */
export function withoutMember(text: string, name: string): string {
  const kept: string[] = []
  const open = text.indexOf('{')
  let start = open + 1
  let depth = 0
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34 /* " */) at = stringEnd(text, at)
    else if (code === 123 /* { */ || code === 91 /* [ */) depth++
    else if (depth > 0 && (code === 125 /* } */ || code === 93) /* ] */) depth--
    else if (depth === 0 && (code === 44 /* , */ || code === 125)) {
      const member = text.slice(start, at)
      if (nameOf(member) !== name) kept.push(member)
      start = at + 1
      if (code === 125) break
    }
  }
  return `${text.slice(0, open + 1)}${kept.join(',')}${text.slice(start - 1)}`
}

/** What {@link withoutMember} does for bytes: a character for each, since all that JSON itself is made of is ASCII. */
function withoutMemberBytes(bytes: Uint8Array, name: string): Uint8Array {
  const kept = withoutMember(binaryText(bytes), name)
  return Uint8Array.from({ length: kept.length }, (_, i) => kept.charCodeAt(i))
}

/** A text with a character for each byte, of the byte's number. */
export function binaryText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** Where the string that opens at a place closes. */
function stringEnd(text: string, from: number): number {
  let at = from + 1
  while (text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 /* \ */ ? 2 : 1
  return at
}

function nameOf(member: string): unknown {
  const from = member.indexOf('"')
  return from < 0 ? undefined : JSON.parse(member.slice(from, stringEnd(member, from) + 1))
}
