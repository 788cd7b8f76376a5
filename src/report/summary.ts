import { styleText } from 'node:util';
import { printable } from '../text/printable.ts';
import { wrap } from '../text/wrap.ts';
import type { Conclusion } from './conclusion.ts';
import type { FieldReport, Report } from './report.ts';
import { rowCount, verb } from './wording.ts';

/**
 * The report as a person reads it at the end of a run: how it ended, what was done, what to do next.
 *
 * @param columns - the width of the terminal; undefined if there is none
 */
export function formatSummary(report: Report, color: boolean, columns: number | undefined): string {
  return formatConclusion({ ...report, headline: report.summary }, factsOf(report), color, columns);
}

/** The same for any conclusion, with facts of its own: each a name of at most 9 characters, and what is so called. */
export function formatConclusion(
  { exitCode, headline, details, nextSteps }: Omit<Conclusion, 'exitCode'> & { readonly exitCode: number },
  facts: readonly (readonly [name: string, value: string])[],
  color: boolean,
  columns: number | undefined,
): string {
  const style = (format: 'green' | 'red' | 'bold', text: string) => (color ? styleText(format, text) : text);
  const verdict = exitCode === 0 ? style('green', 'done') : style('red', `exit ${exitCode}`);
  const lines = facts.map(([name, value]) => wrap(`  ${name.padEnd(10)}${printable(value)}`, 12, columns));
  const steps = nextSteps.map((step, index) => wrap(`  ${index + 1}. ${printable(step)}`, 5, columns));
  return [
    wrap(`${verdict}: ${style('bold', printable(headline))}`, 2, columns),
    ...details.map((line) => wrap(`  ${printable(line)}`, 4, columns)),
    '',
    ...lines,
    ...(steps.length > 0 ? ['', 'next:', ...steps] : []),
  ].join('\n');
}

function factsOf({ command, dryRun, database, fields, keys, phases }: Report): [string, string][] {
  const tables = [...new Set(fields.flatMap(({ table }) => table ?? []))];
  const named = tables.length === 0 ? '' : `, ${verb(tables.length, 'table', 'tables')} ${tables.join(', ')}`;
  const facts: [string, string][] = [['database', `${database.name} on ${database.host}:${database.port}${named}`]];
  if (keys.length > 0) facts.push(['keys', keys.map(({ name, fingerprint }) => `${name} ${fingerprint}`).join(', ')]);
  if (fields.length > 1) {
    const isKnown = fields.some(({ before, after, restore }) => before !== null || after !== null || restore !== null);
    if (isKnown) facts.push(...linesOf(fields, command, dryRun));
  } else if (phases.some(({ name }) => name === 'rotate'))
    facts.push(...fields.map(({ rotated }): [string, string] => ['written', rowCount(rotated)]));
  if (phases.length > 0) facts.push(['time', timeOf(phases)]);
  return facts;
}

/** Phases of the same name are added up. */
function timeOf(phases: Report['phases']): string {
  const seconds = new Map<string, number>();
  for (const { name, seconds: took } of phases) seconds.set(name, (seconds.get(name) ?? 0) + took);
  return [...seconds].map(([name, sum]) => `${name} ${sum.toFixed(1)} s`).join(', ');
}

/** Several fields: one line for each, aligned. */
function linesOf(fields: readonly FieldReport[], command: Report['command'], dryRun: boolean): [string, string][] {
  const width = Math.max(...fields.map(({ name }) => name.length));
  const lines = fields.map((field) => `${field.name.padEnd(width)}  ${factsOfField(field, command, dryRun).join(', ')}`);
  return lines.map((line, index) => [index === 0 ? 'fields' : '', line]);
}

function factsOfField(field: FieldReport, command: Report['command'], dryRun: boolean): string[] {
  const { before, after, rotated, unreadable, restore } = field;
  if (restore !== null) return [`${restore.restored} ${dryRun ? 'to put' : 'put'} back`];
  const counted = after ?? before;
  if (counted === null) return ['not counted'];
  const values = counted.rows - counted.withoutValue;
  return [
    `${values} ${verb(values, 'value', 'values')}`,
    ...(command === 'rotate' && !dryRun ? [`${rotated} rotated`] : []),
    ...(counted.withoutValue > 0 ? [`${counted.withoutValue} null`] : []),
    ...(unreadable.length > 0 ? [`${counted.unreadable} unreadable`] : []),
  ];
}
