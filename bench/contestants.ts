import { reportSchema } from '../src/report/report-schema.ts';
import { decrypt, encrypt } from '../test/support/application/application.ts';
import { runScript } from './child-process.ts';
import type { Table } from './database.ts';

/** One way to rotate a table. */
export interface Contestant {
  readonly label: string;
  /** Rotates the table once. */
  readonly measure: (table: Table) => Promise<Measurement>;
}

/** Each is null if this contestant does not have it. */
export interface Measurement {
  /** The whole process from start to exit. */
  readonly runSeconds: number | null;
  /** The writing alone. */
  readonly writeSeconds: number | null;
  readonly peakMegabytes: number | null;
}

export const TOOL = '../scripts/rotate-encryption-key.ts';

export const plainLoop = byHand('plain loop with Prisma, no checks', './processes/plain-loop.ts');
export const realScript = byHand('script of a real project', './processes/real-script.ts');
export const barePasses = byHand('the three passes in batches of 2000, no proof', './processes/bare-passes.ts');
export const rowByRow = tool('row by row', []);
export const withBackup = tool('row by row, --backup', ['--backup', 'backup.jsonl']);
export const eightConnections = tool('row by row, --connections 8', ['--batch-size', '1', '--connections', '8']);
export const batches500 = tool('--batch-size 500', ['--batch-size', '500']);
export const batches2000 = tool('--batch-size 2000', ['--batch-size', '2000']);
export const twoTables = tool('--batch-size 500, two tables', ['--batch-size', '500'], './processes/two-tables.ts');

/** A script that people write by hand. */
function byHand(label: string, script: string): Contestant {
  return {
    label,
    async measure({ env }) {
      const { seconds, peakMegabytes } = await runScript(script, [], env);
      return { runSeconds: seconds, writeSeconds: null, peakMegabytes };
    },
  };
}

/** This tool: preflight, rotate, verify. */
function tool(label: string, args: readonly string[], script = TOOL): Contestant {
  return {
    label: `this tool, ${label}`,
    async measure({ env, rows }) {
      const { stdout, seconds, peakMegabytes } = await runScript(script, ['--json', ...args], env);
      const { fields, phases, summary } = reportSchema.parse(JSON.parse(stdout));
      const rotated = sum(fields.map((field) => field.rotated));
      if (rotated !== rows) throw new Error(`the tool rotated ${rotated} of ${rows} rows: ${summary}`);
      const writes = phases.filter(({ name }) => name === 'rotate');
      return { runSeconds: seconds, writeSeconds: sum(writes.map((phase) => phase.seconds)), peakMegabytes };
    },
  };
}

/** The writes of the tool row by row with nothing around them: everything is read and re-encrypted in advance. */
export const preparedUpdates: Contestant = {
  label: 'node-postgres, one prepared UPDATE per row',
  async measure({ client, env }) {
    const { rows } = await client.query('SELECT id, iv, content, tag FROM user_api_keys ORDER BY id');
    const updates = rows.map((row) => {
      const { iv, content, tag } = encrypt(env.NEW_ENCRYPTION_KEY, decrypt(env.OLD_ENCRYPTION_KEY, row) ?? '');
      return [row.id, iv, content, tag];
    });
    const text = 'UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1';
    return await timeWrites(async () => {
      for (const values of updates) await client.query({ name: 'update', text, values });
    });
  },
};

/** As fast as the server can rewrite this table: the values never leave it, and stay the same. */
export const limit: Contestant = {
  label: 'the limit: one UPDATE of all rows',
  measure: ({ client }) => timeWrites(() => client.query('UPDATE user_api_keys SET iv = iv, content = content, tag = tag')),
};

async function timeWrites(write: () => Promise<unknown>): Promise<Measurement> {
  const start = performance.now();
  await write();
  return { runSeconds: null, writeSeconds: (performance.now() - start) / 1000, peakMegabytes: null };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
