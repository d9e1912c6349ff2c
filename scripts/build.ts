import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { copyDocs } from './docs-assets.ts'
import { root, run } from './run.ts'

// dist/: the library as plain modules, one for each source file, and the command with its libraries inside, so that what
// an app installs has no dependency.

rmSync(join(root, 'dist'), { recursive: true, force: true })
run('tsc', ['-p', 'tsconfig.build.json'])

const command = 'src/cli/hedgerow.ts'
if (existsSync(join(root, command))) {
  await build({
    absWorkingDir: root,
    entryPoints: [command],
    outdir: 'dist/cli',
    bundle: true,
    // What only some subcommands import, charts or a server, is read where they run: `score` starts twice as fast.
    splitting: true,
    platform: 'node',
    target: 'node22.12',
    format: 'esm',
    // A library in CommonJS asks for Node's modules through require.
    banner: {
      js: "import { createRequire as $createRequire } from 'node:module'\nconst require = $createRequire(import.meta.url)",
    },
    legalComments: 'eof',
    logLevel: 'warning',
  })
  // What `hedgerow serve` shows at /docs.
  copyDocs('dist/cli/docs')
} else {
  console.log(`${command} is not there: the library is built, the command is not`)
}
