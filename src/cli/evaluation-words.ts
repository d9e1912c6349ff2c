import type { Evaluation } from '../../model/evaluate.ts'
import type { OlderEvaluation } from './older-recipe.ts'
import { count, percent } from './words.ts'

/** An evaluation for people: two tables, the older recipe's figures in a column of their own. */
export function evaluationInWords(
  evaluation: Evaluation,
  older: OlderEvaluation | string,
  kinds: readonly string[],
): string {
  const beside = typeof older === 'string' ? undefined : older
  const { events, anomalies } = evaluation
  const totals = table([
    ['', 'this model', ...(beside ? ['older recipe'] : [])],
    ['ROC-AUC', evaluation.rocAuc.toFixed(4), beside?.rocAuc.toFixed(4)],
    ['average precision', evaluation.averagePrecision.toFixed(3), beside?.averagePrecision.toFixed(3)],
    ['precision at the top 2%', evaluation.precisionAtTop2.toFixed(3), beside?.precisionAtTop2.toFixed(3)],
    ['flagged', percent(evaluation.flagged), beside && percent(beside.flagged)],
  ])
  const each = table([
    ['kind', 'events', 'ROC-AUC', 'flagged', ...(beside ? ['older: ROC-AUC', 'flagged'] : [])],
    ...evaluation.kinds.map(({ kind, events, rocAuc, recall }) => {
      const other = beside?.kinds.find((candidate) => kinds[candidate.kind] === kind)
      return [
        kind,
        String(events),
        rocAuc.toFixed(3),
        percent(recall, 1),
        other?.rocAuc.toFixed(3),
        other && percent(other.recall, 1),
      ]
    }),
  ])
  const note =
    beside === undefined
      ? String(older)
      : `The older recipe: scikit-learn ${beside.version}, raw values and per-user means; it sees the whole log at once.`
  return [`${count(events, 'event')}, ${percent(anomalies)} of them labelled`, '', totals, '', each, '', note].join(
    '\n',
  )
}

/** Columns as wide as they must be; the first to the left, the others to the right. */
function table(rows: readonly (readonly (string | undefined)[])[]): string {
  const cells = rows.map((row) => row.filter((cell) => cell !== undefined))
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  return cells
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('   '),
    )
    .join('\n')
}
