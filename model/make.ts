/**
 * Makes the bundled model from nothing: simulates, trains without labels, judges on activity of another seed, and
 * writes the model file, its importable module and its card. Run again it writes the same bytes.
 *
 *     node model/make.ts [DIR]     DIR: where to write, default this folder; events.csv and labels.csv only where given
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { modelToBytes } from '../src/model.ts'
import { FLAG_AT } from '../src/thresholds.ts'
import { toBase64 } from './base64.ts'
import { cardOf } from './card.ts'
import { evaluate, scoreOnline } from './evaluate.ts'
import { recipe } from './recipe.ts'
import { eventsCsv, labelsCsv } from './simulate/csv.ts'
import { simulate } from './simulate/index.ts'
import { train } from './train.ts'

const TRAINING_SEED = 1
const JUDGING_SEED = 2

const given = process.argv[2]
const directory = given ?? dirname(fileURLToPath(import.meta.url))
mkdirSync(directory, { recursive: true })
const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(directory, name), content)

const simulated = simulate({ seed: TRAINING_SEED })
if (given !== undefined) {
  write('events.csv', [...eventsCsv(simulated)].join(''))
  write('labels.csv', [...labelsCsv(simulated)].join(''))
}

const events = simulated.map(({ event }) => event)
const { model } = await train(async function* () {
  yield events
}, recipe(TRAINING_SEED))

const judged = simulate({ seed: JUDGING_SEED })
const said = scoreOnline(
  model,
  judged.map(({ event }) => event),
  { flagAt: FLAG_AT },
)
const evaluation = evaluate(
  said,
  judged.map(({ kind }) => kind),
)

const bytes = modelToBytes(model)
write('default.hedgerow', bytes)
write(
  'default-bytes.ts',
  `/** The bundled model file as base64, made by \`npm run model\`. */\nexport const BYTES =\n  '${toBase64(bytes)}'\n`,
)
write('card.md', cardOf(model, bytes.length, evaluation, FLAG_AT))
process.stdout.write(
  `${model.name} ${model.version}: ${bytes.length} bytes, ROC-AUC ${evaluation.rocAuc.toFixed(4)}, average precision ${evaluation.averagePrecision.toFixed(3)}\n`,
)
