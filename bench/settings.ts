import { z } from 'zod';

/** What to measure. */
export interface Settings {
  /** Everything small, to see that the bench works: the numbers mean nothing, and the results are not written. */
  readonly quick: boolean;
  /** Null: an embedded PostgreSQL. */
  readonly databaseUrl: string | null;
  /** Rows for those that write one row at a time. */
  readonly rows: number;
  /** Rows for those that write many at a time: more, so that start-up does not dominate. Only rows/s are compared. */
  readonly manyRows: number;
  readonly rounds: number;
  readonly batchSizes: readonly number[];
  readonly growth: readonly number[];
  /** Up to this size the growth is measured one by one too. */
  readonly growthOneByOne: number;
  readonly growthRounds: number;
  readonly startUpRounds: number;
  readonly startUpRows: number;
}

const BATCH_SIZES = [100, 500, 2000];
const count = z.coerce.number().int().positive();
const variables = z.object({
  BENCH_DATABASE_URL: z.string().optional(),
  BENCH_QUICK: z.literal('1').optional(),
  BENCH_ROWS: count.optional(),
  BENCH_ROUNDS: count.optional(),
  BENCH_GROWTH: count.optional(),
});

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { BENCH_DATABASE_URL, BENCH_QUICK, BENCH_ROWS, BENCH_ROUNDS, BENCH_GROWTH } = variables.parse(env);
  const quick = BENCH_QUICK !== undefined;
  const rows = BENCH_ROWS ?? (quick ? 200 : 10_000);
  const rounds = BENCH_ROUNDS ?? (quick ? 2 : 5);
  const growth = quick ? [20, 200, 2000] : [1000, 10_000, 100_000, 1_000_000];
  return {
    quick,
    databaseUrl: BENCH_DATABASE_URL ?? null,
    rows,
    manyRows: rows * 20,
    rounds,
    batchSizes: BATCH_SIZES,
    growth: growth.filter((size) => size <= (BENCH_GROWTH ?? Number.POSITIVE_INFINITY)),
    growthOneByOne: quick ? 200 : 10_000,
    growthRounds: quick ? 1 : Math.min(rounds, 3),
    startUpRounds: rounds * 2,
    startUpRows: 100,
  };
}
