import { describe, it } from 'vitest';
import { MemoryStore } from '../../support/model/memory-store.ts';
import { expectModelHolds } from '../../support/model/rotation-commands.ts';
import type { World } from '../../support/model/rotation-model.ts';

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
