import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root, run } from './run.ts'

// `npm run bench -- NAME [ARGUMENTS]` runs bench/NAME.ts. Each stands alone and prints what it measured on what machine;
// they are not run in turn, since one that warms the machine up changes the next.

const [name, ...args] = process.argv.slice(2)
const names = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
if (name === undefined || !names.includes(name)) fail(`usage: npm run bench -- ${names.join('|')}`)
run(process.execPath, [join('bench', `${name}.ts`), ...args])
