import { describe, it } from 'vitest';
import type { Store } from '../../src/rotation/store.ts';
import { expectModelHolds } from '../support/model/rotation-commands.ts';
import type { World } from '../support/model/rotation-model.ts';
import { readTable, useDatabase } from '../support/table/database.ts';
import { settingsOf } from '../support/tool/settings.ts';
import { locking } from '../support/tool/with-test-database.ts';

const { url, pool } = useDatabase();

/** Empties the table. Each value that is written gets a user of its own. */
async function emptyWorld(store: Store): Promise<World> {
  await pool.query('TRUNCATE users CASCADE');
  return {
    store,
    readRows: () => readTable({ url, pool }),
    write: async ({ id, iv, content, tag }) => {
      await pool.query(
        `WITH owner AS (INSERT INTO users (id, email) VALUES ($1::uuid, $1::text) ON CONFLICT DO NOTHING)
         INSERT INTO user_api_keys (id, user_id, provider, iv, content, tag) VALUES ($1::uuid, $1::uuid, 'openrouter', $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET iv = $2, content = $3, tag = $4`,
        [id, iv, content, tag],
      );
    },
    delete: async (id) => {
      await pool.query('DELETE FROM user_api_keys WHERE id = $1', [id]);
    },
  };
}

describe('any sequence of rotations, rollbacks, verifications, stops, writes and damages', () => {
  it(
    'leaves in the table what the application wrote, each value under the key that the tool says',
    {
      timeout: 3_600_000,
    },
    () => locking(settingsOf(url), (store) => expectModelHolds(() => emptyWorld(store), 20)),
  );
});
