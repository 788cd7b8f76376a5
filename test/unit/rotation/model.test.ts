import process from 'node:process';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { MemoryStore } from '../../support/memory-store.ts';
import { commands } from '../../support/rotation-commands.ts';
import { begin, type World } from '../../support/rotation-model.ts';

/** MODEL_RUNS=10000 npx vitest run test/unit/rotation/model.test.ts; MODEL_SEED repeats a failure with the seed that it printed. */
const numRuns = Number(process.env['MODEL_RUNS'] ?? 150);
const seed = process.env['MODEL_SEED'];

function memoryWorld(): World {
  const store = new MemoryStore();
  return {
    store,
    readRows: async () => store.table,
    write: async (row) => store.put(row),
    delete: async (id) => void store.rows.delete(id),
  };
}

describe('any sequence of rotations, rollbacks, verifications, stops, writes and damages', () => {
  it('leaves in the table what the application wrote, each value under the key that the tool says', {
    timeout: 3_600_000,
  }, async () => {
    const sequence = fc.commands(commands, { maxCommands: 30, size: 'max' });
    await fc.assert(
      fc.asyncProperty(sequence, (steps) => fc.asyncModelRun(() => begin(memoryWorld()), steps)),
      { numRuns, ...(seed !== undefined && { seed: Number(seed) }) },
    );
  });
});
