import { styleText } from 'node:util';
import { printable } from '../text/printable.ts';
import { wrap } from '../text/wrap.ts';
import type { FieldReport, Report } from './report.ts';
import { rowCount, verb } from './wording.ts';

/**
 * The report as a person reads it at the end of a run: how it ended, what was done, what to do next.
 *
 * @param columns - the width of the terminal; undefined if there is none
 */
export function formatSummary(report: Report, color: boolean, columns: number | undefined): string {
  const style = (format: 'green' | 'red' | 'bold', text: string) => (color ? styleText(format, text) : text);
  const verdict = report.exitCode === 0 ? style('green', 'done') : style('red', `exit ${report.exitCode}`);
  const facts = factsOf(report).map(([name, value]) => wrap(`  ${name.padEnd(10)}${printable(value)}`, 12, columns));
  const steps = report.nextSteps.map((step, index) => wrap(`  ${index + 1}. ${printable(step)}`, 5, columns));
  return [
    wrap(`${verdict}: ${style('bold', printable(report.summary))}`, 2, columns),
    ...report.details.map((line) => wrap(`  ${printable(line)}`, 4, columns)),
    '',
    ...facts,
    ...(steps.length > 0 ? ['', 'next:', ...steps] : []),
  ].join('\n');
}

function factsOf({ database, fields, keys, phases }: Report): [string, string][] {
  const tables = fields.flatMap(({ table }) => (table === null ? [] : [`, table ${table}`]));
  const facts: [string, string][] = [['database', `${database.name} on ${database.host}:${database.port}${tables.join('')}`]];
  if (keys.length > 0) facts.push(['keys', keys.map(({ name, fingerprint }) => `${name} ${fingerprint}`).join(', ')]);
  if (phases.some(({ name }) => name === 'rotate')) facts.push(...fields.flatMap(writesOf));
  if (phases.length > 0) facts.push(['time', phases.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)} s`).join(', ')]);
  return facts;
}

function writesOf({ rotated, meanwhile: { conflicts, gone, alreadyRotated } }: FieldReport): [string, string][] {
  const writes = `${conflicts} ${verb(conflicts, 'write', 'writes')}`;
  const met = `${writes} found a changed row: ${gone} deleted, ${alreadyRotated} already rotated, the others retried`;
  return [['written', rowCount(rotated)], ...(conflicts > 0 ? [['conflicts', met] satisfies [string, string]] : [])];
}
