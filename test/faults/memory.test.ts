import { createRequire } from 'node:module';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encrypt, insertKeys, providerKey } from '../support/application/application.ts';
import { useDatabase } from '../support/table/database.ts';
import { countBySequentialScan } from '../support/table/sequential-scan.ts';
import { environment, newKeys } from '../support/table/witness.ts';
import { startTool, type ToolRun } from '../support/tool/run-tool.ts';

const SHORT = 100;
const LONG = 120;
const LONG_BYTES = Math.ceil(0.55 * 1024 * 1024);
const LIMIT_MEGABYTES = 300;

const database = useDatabase();
const keys = newKeys();

const require = createRequire(import.meta.url);
const measuring = [require.resolve('tsx'), path.join(import.meta.dirname, '../../bench/processes/peak-memory.ts')];
const env = {
  ...environment(keys, database.url),
  NODE_OPTIONS: measuring.map((file) => `--import ${pathToFileURL(file).href}`).join(' '),
};

/** Short rows, followed in the order of the ids by rows of 1.1 MiB each. */
async function fill(): Promise<void> {
  // Ciphertext cannot be compressed: trying takes the server most of the time.
  await database.pool.query('ALTER TABLE user_api_keys ALTER COLUMN content SET STORAGE EXTERNAL');
  const [short, long] = await insertKeys(database.pool, [
    encrypt(keys.old, providerKey()),
    encrypt(keys.old, Buffer.alloc(LONG_BYTES, 'a long value')),
  ]);
  for (const [id, first, rows] of [
    [short, '0', SHORT],
    [long, 'f', LONG],
  ]) {
    await database.pool.query(
      `INSERT INTO user_api_keys (id, user_id, provider, iv, content, tag)
       SELECT ($2 || substr(gen_random_uuid()::text, 2))::uuid, user_id, n, iv, content, tag
         FROM user_api_keys, generate_series(1, $3::int) AS n WHERE id = $1`,
      [id, first, rows],
    );
    await database.pool.query('DELETE FROM user_api_keys WHERE id = $1', [id]);
  }
}

async function runMeasured(args: readonly string[]): Promise<{ run: ToolRun; peakMegabytes: number }> {
  const tool = startTool(args, env, ['ignore', 'pipe', 'pipe', 'pipe']);
  let kilobytes = '';
  const pipe = tool.child.stdio[3];
  if (pipe instanceof Readable)
    pipe.on('data', (text: Buffer) => {
      kilobytes += text.toString();
    });
  const run = await tool.end;
  return { run, peakMegabytes: Number(kilobytes) / 1024 };
}

describe('short rows followed by rows of 1.1 MiB each', () => {
  it('are surveyed and rotated in bounded memory, one by one and in batches', async () => {
    await fill();
    const counts = { old: 0, new: SHORT + LONG, neither: 0 };
    for (const [args, expected] of [
      [['--batch-size', '1'], counts],
      [['--batch-size', '500', '--rollback'], { ...counts, old: counts.new, new: 0 }],
    ] as const) {
      const { run, peakMegabytes } = await runMeasured(args);
      expect(run.code, run.stderr).toBe(0);
      console.log(`memory: ${args.join(' ')} took ${Math.round(peakMegabytes)} MB at its peak`);
      expect(peakMegabytes).toBeGreaterThan(0);
      expect(peakMegabytes).toBeLessThan(LIMIT_MEGABYTES);
      expect(await countBySequentialScan(database.url, 'user_api_keys', keys)).toEqual(expected);
    }
  });
});
