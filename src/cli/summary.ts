import { styleText } from 'node:util';
import { printable } from './printable.ts';
import type { Report } from './report.ts';
import { rowCount } from './wording.ts';
import { wrap } from './wrap.ts';

/**
 * The report as a person reads it at the end of a run: how it ended, what was done, what to do next.
 *
 * @param columns - the width of the terminal; undefined where it is none
 */
export function formatSummary(report: Report, color: boolean, columns: number | undefined): string {
  const style = (format: 'green' | 'red' | 'yellow' | 'bold', text: string) => (color ? styleText(format, text) : text);
  const verdict = report.exitCode === 0 ? style('green', 'done') : style('red', `exit ${report.exitCode}`);
  const facts = factLines(report).map(([name, value]) => wrap(`  ${name.padEnd(10)}${printable(value)}`, 12, columns));
  const steps = report.nextSteps.map((step, index) => wrap(`  ${index + 1}. ${printable(step)}`, 5, columns));
  return [
    wrap(`${verdict}: ${style('bold', printable(report.summary))}`, 2, columns),
    ...report.details.map((line) => wrap(`  ${printable(line)}`, 4, columns)),
    '',
    ...facts,
    ...(steps.length > 0 ? ['', 'next:', ...steps] : []),
  ].join('\n');
}

function factLines({ database, table, keys, rotated, changedByOthers, phases }: Report): [string, string][] {
  const facts: [string, string][] = [
    ['database', `${database.name} on ${database.host}:${database.port}${table === null ? '' : `, table ${table}`}`],
  ];
  const fingerprints = Object.entries(keys).filter(([, fingerprint]) => fingerprint !== null);
  if (fingerprints.length > 0)
    facts.push(['keys', fingerprints.map(([name, fingerprint]) => `${name} ${fingerprint}`).join(', ')]);
  if (phases.some(({ name }) => name === 'rotate')) facts.push(['written', rowCount(rotated)]);
  const { conflicts, gone, alreadyRotated } = changedByOthers;
  if (conflicts > 0)
    facts.push([
      'conflicts',
      `${conflicts} writes met a changed row: ${gone} gone, ${alreadyRotated} already rotated, the others tried again`,
    ]);
  if (phases.length > 0) facts.push(['time', phases.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)} s`).join(', ')]);
  return facts;
}
