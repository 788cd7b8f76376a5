import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { ApplicationRow } from '../application/application.ts';
import { readTable, type TestDatabase } from './database.ts';
import type { Planted } from './witness.ts';

interface Backed {
  readonly id: string;
  readonly before: Omit<ApplicationRow, 'id'>;
  readonly after: Omit<ApplicationRow, 'id'>;
}

/** The rows in a backup; it may have an end line, and the last line may be torn. */
export function backedUp(file: string): Backed[] {
  const whole = readFileSync(file, 'utf8').split('\n').slice(1, -1);
  return whole.map((line) => JSON.parse(line)).filter((content) => !('end' in content));
}

/** Every row that is not as it was planted is in a backup of the folder, with exactly the value that it has. */
export async function expectBackedUp(database: TestDatabase, planted: Planted, folder: string): Promise<void> {
  const original = new Set(planted.before.map(identity));
  const known = new Set(original);
  for (const file of readdirSync(folder)) {
    for (const { id, before, after } of backedUp(path.join(folder, file))) {
      expect(original.has(identity({ id, ...before })), `the value of row ${id} before`).toBe(true);
      known.add(identity({ id, ...after }));
    }
  }
  const unknown = (await readTable(database)).filter((row) => !known.has(identity(row)));
  expect(unknown.map(({ id }) => id)).toEqual([]);
}

function identity({ id, iv, content, tag }: ApplicationRow): string {
  return [id, iv, content, tag].join();
}
