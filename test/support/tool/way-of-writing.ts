import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { SeededRandom } from '../vitest/random.ts';
import { workFolder } from './run-tool.ts';

/** How the runs on a table write. */
export interface WayOfWriting {
  readonly connections: number;
  readonly batchRows: number;
  /** A folder for the backups of all runs; null: there are none. */
  readonly backups: string | null;
}

/** @param withBackup - whether there is a backup */
export function drawWay(random: SeededRandom, withBackup = random.below(2) === 0): WayOfWriting {
  return {
    connections: random.pick(1, 4, 16),
    batchRows: random.pick(1, 7, 500),
    backups: withBackup ? mkdtempSync(path.join(workFolder, 'backups-')) : null,
  };
}

/** @param run - the number of the run on its table: each has a backup of its own */
export function argumentsFor({ connections, batchRows, backups }: WayOfWriting, run: number): string[] {
  return [
    ...['--connections', String(connections), '--batch-size', String(batchRows)],
    ...(backups === null ? [] : ['--backup', path.join(backups, `${run}.jsonl`)]),
  ];
}

/** Says how many kills there were with each of the options that were drawn. */
export function killsByWay(tables: readonly { readonly way: WayOfWriting; readonly kills: number }[]): string {
  const sums = new Map<string, number>();
  for (const { way, kills } of tables) {
    const { connections, batchRows, backups } = way;
    const options = [`--connections ${connections}`, `--batch-size ${batchRows}`, `${backups === null ? 'no ' : ''}--backup`];
    for (const option of options) sums.set(option, (sums.get(option) ?? 0) + kills);
  }
  const sorted = [...sums].sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }));
  return sorted.map(([option, kills]) => `${option}: ${kills}`).join(', ');
}
