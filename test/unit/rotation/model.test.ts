import { describe, it } from 'vitest';
import { MemoryStore } from '../../support/memory-store.ts';
import { expectModelHolds } from '../../support/rotation-commands.ts';
import type { World } from '../../support/rotation-model.ts';

function emptyWorld(): World {
  const store = new MemoryStore();
  return {
    store,
    readRows: async () => store.table,
    write: async (row) => store.put(row),
    delete: async (id) => void store.rows.delete(id),
  };
}

describe('any sequence of rotations, rollbacks, verifications, stops, writes and damages', () => {
  it(
    'leaves in the table what the application wrote, each value under the key that the tool says',
    {
      timeout: 3_600_000,
    },
    () => expectModelHolds(emptyWorld, 150),
  );
});
