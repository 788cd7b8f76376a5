import { reportSchema } from '../src/report/report-schema.ts';
import { decrypt, encrypt } from '../test/support/application/application.ts';
import { runScript } from './child-process.ts';
import type { Table } from './database.ts';

/** One way to rotate a table. */
export interface Contestant {
  readonly kind: 'plain-loop' | 'tool-row-by-row' | 'tool-in-batches' | 'prepared-updates' | 'limit';
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

export const plainLoop: Contestant = {
  kind: 'plain-loop',
  label: 'plain loop with Prisma, no checks',
  async measure({ env }) {
    const { seconds, peakMegabytes } = await runScript('./processes/plain-loop.ts', [], env);
    return { runSeconds: seconds, writeSeconds: null, peakMegabytes };
  },
};

/** This tool: preflight, rotate, verify. */
export function tool(batchRows: number): Contestant {
  return {
    kind: batchRows === 1 ? 'tool-row-by-row' : 'tool-in-batches',
    label: batchRows === 1 ? 'this tool, row by row' : `this tool, --batch-size ${batchRows}`,
    async measure({ env, rows }) {
      const args = ['--json', '--batch-size', String(batchRows)];
      const { stdout, seconds, peakMegabytes } = await runScript(TOOL, args, env);
      const { fields, phases, summary } = reportSchema.parse(JSON.parse(stdout));
      if (fields[0]?.rotated !== rows) throw new Error(`the tool did not rotate all ${rows} rows: ${summary}`);
      const rotate = phases.find(({ name }) => name === 'rotate');
      return { runSeconds: seconds, writeSeconds: rotate?.seconds ?? null, peakMegabytes };
    },
  };
}

/** The writes of the tool row by row with nothing around them: everything is read and re-encrypted in advance. */
export const preparedUpdates: Contestant = {
  kind: 'prepared-updates',
  label: 'node-postgres, one prepared UPDATE per row',
  async measure({ client, env }) {
    const { rows } = await client.query('SELECT id, iv, content, tag FROM user_api_keys ORDER BY id');
    const updates = rows.map((row) => {
      const { iv, content, tag } = encrypt(env.NEW_ENCRYPTION_KEY, decrypt(env.OLD_ENCRYPTION_KEY, row) ?? '');
      return [row.id, iv, content, tag];
    });
    const text = 'UPDATE user_api_keys SET iv = $2, content = $3, tag = $4 WHERE id = $1';
    const start = performance.now();
    for (const values of updates) await client.query({ name: 'update', text, values });
    return { runSeconds: null, writeSeconds: (performance.now() - start) / 1000, peakMegabytes: null };
  },
};

/** As fast as the server can rewrite this table: the values never leave it, and stay the same. */
export const limit: Contestant = {
  kind: 'limit',
  label: 'the limit: one UPDATE of all rows',
  async measure({ client }) {
    const start = performance.now();
    await client.query('UPDATE user_api_keys SET iv = iv, content = content, tag = tag');
    return { runSeconds: null, writeSeconds: (performance.now() - start) / 1000, peakMegabytes: null };
  },
};
