import { reportSchema } from '../src/cli/report.ts';
import { runScript } from './child.ts';
import type { Dataset } from './dataset.ts';

/** One measurement of one contestant. */
export interface Measurement {
  /** The whole process from start to exit; null where only the writing was timed. */
  readonly wholeSeconds: number | null;
  /** The writing alone; null where it cannot be told apart. */
  readonly writeSeconds: number | null;
  readonly peakMegabytes: number | null;
}

export interface Contestant {
  /** As the issue names it. */
  readonly letter: 'a' | 'b' | 'c' | 'd' | 'e';
  readonly label: string;
  /** Rows per statement; null where that does not say anything. */
  readonly batchSize: number | null;
  /** Written one row at a time: measured with fewer rows. */
  readonly oneByOne: boolean;
  measure(dataset: Dataset, signal: AbortSignal): Promise<Measurement>;
}

export const toolUrl = import.meta.resolve('../scripts/rotate-encryption-key.ts');
const plainLoopUrl = import.meta.resolve('./processes/plain-loop.ts');
const preparedUpdatesUrl = import.meta.resolve('./processes/prepared-updates.ts');

export function createContestants(batchSizes: readonly number[]): Contestant[] {
  return [plainLoop, createTool(1), ...batchSizes.map(createTool), preparedUpdates, limit];
}

/** This tool: preflight, rotate, verify. */
export function createTool(batchSize: number): Contestant {
  return {
    letter: batchSize === 1 ? 'b' : 'c',
    label: batchSize === 1 ? 'this tool, one by one' : `this tool, --batch-size ${batchSize}`,
    batchSize,
    oneByOne: batchSize === 1,
    async measure({ env, rows }, signal) {
      const args = ['--json', '--batch-size', String(batchSize)];
      const { stdout, seconds, peakMegabytes } = await runScript(toolUrl, args, env, signal);
      const report = reportSchema.parse(JSON.parse(stdout));
      if (report.rotated !== rows) throw new Error(`the tool rotated ${report.rotated} of ${rows} rows: ${report.summary}`);
      const writing = report.phases.find(({ name }) => name === 'rotate');
      return { wholeSeconds: seconds, writeSeconds: writing?.seconds ?? null, peakMegabytes };
    },
  };
}

const plainLoop: Contestant = {
  letter: 'a',
  label: 'plain loop with Prisma, no checks',
  batchSize: null,
  oneByOne: true,
  async measure({ env }, signal) {
    const { seconds, peakMegabytes } = await runScript(plainLoopUrl, [], env, signal);
    return { wholeSeconds: seconds, writeSeconds: null, peakMegabytes };
  },
};

const preparedUpdates: Contestant = {
  letter: 'd',
  label: 'node-postgres, prepared single UPDATEs',
  batchSize: null,
  oneByOne: true,
  async measure({ env }, signal) {
    const { stdout } = await runScript(preparedUpdatesUrl, [], env, signal);
    return { wholeSeconds: null, writeSeconds: Number(stdout), peakMegabytes: null };
  },
};

/** As fast as this table can be rewritten: the values never leave the server. */
const limit: Contestant = {
  letter: 'e',
  label: 'the limit: one UPDATE of all rows',
  batchSize: null,
  oneByOne: false,
  async measure({ client }) {
    const start = performance.now();
    await client.query('UPDATE user_api_keys SET iv = iv, content = content, tag = tag');
    return { wholeSeconds: null, writeSeconds: (performance.now() - start) / 1000, peakMegabytes: null };
  },
};
