import type { Environment } from '../../config/environment.ts';
import { type GivenRing, readRing } from '../../config/keys.ts';
import type { KeyRing } from '../../crypto/key-ring.ts';
import type { NamedKey } from '../../report/report.ts';
import { refuse } from '../../text/problem.ts';
import type { Given } from '../command.ts';
import { ringOf } from '../given-ring.ts';
import { readReason } from '../reason.ts';

/** How to rotate. */
export interface RotatePlan {
  readonly dryRun: boolean;
  readonly skipUnreadable: boolean;
  /** Rows per statement; with a limit, no more than in a second. */
  readonly batchRows: number;
  /** Batches that are written at the same time. */
  readonly connections: number;
  /** null: no limit. */
  readonly maxRowsPerSecond: number | null;
  readonly backup: string | null;
  readonly report: string | null;
  /** Unregistered columns that are meant to stay. */
  readonly ignore: readonly string[];
  /** Why the keys change, for the registry. */
  readonly reason: string | null;
  /** Whether the roles are swapped: the second key is the target. */
  readonly rollback: boolean;
}

const MAX_BATCH_ROWS = 5000;
const MAX_CONNECTIONS = 16;

/** @throws UsageError */
export async function readRotatePlan(given: Given): Promise<RotatePlan> {
  const [dryRun, backup, size] = [given.has('dry-run'), given.value('backup'), given.value('batch-size') ?? '1'];
  if (dryRun && backup !== null) refuse('--dry-run writes nothing, so --backup has nothing to save', 'leave one out');
  if (!/^[1-9][0-9]{0,3}$/u.test(size) || Number(size) > MAX_BATCH_ROWS) {
    refuse(`--batch-size is not a whole number from 1 to ${MAX_BATCH_ROWS}`, 'leave it out to write row by row');
  }
  const connections = given.value('connections') ?? '1';
  if (!/^[1-9][0-9]?$/u.test(connections) || Number(connections) > MAX_CONNECTIONS) {
    refuse(`--connections is not a whole number from 1 to ${MAX_CONNECTIONS}`, 'leave it out to write one batch after the other');
  }
  const limit = given.value('max-rows-per-second');
  if (limit !== null && !/^[1-9][0-9]*$/u.test(limit)) {
    refuse('--max-rows-per-second is not a whole number from 1', 'leave it out to write as fast as the database allows');
  }
  const maxRowsPerSecond = limit === null ? null : Number(limit);
  return {
    dryRun,
    skipUnreadable: given.has('skip-unreadable'),
    batchRows: Math.min(Number(size), maxRowsPerSecond ?? MAX_BATCH_ROWS),
    connections: Number(connections),
    maxRowsPerSecond,
    backup,
    report: given.value('report'),
    ignore: given.values('ignore'),
    reason: readReason(given),
    rollback: given.has('rollback'),
  };
}

/** The keys of a rotation, and how they are printed. */
export interface RotationKeys {
  readonly ring: KeyRing;
  readonly named: readonly NamedKey[];
  /** The target first. */
  readonly given: GivenRing;
}

/** @throws UsageError; the reason of the interruption */
export async function readRotationKeys(
  env: Environment,
  { rollback }: Pick<RotatePlan, 'rollback'>,
  interruption: AbortSignal,
): Promise<RotationKeys> {
  const keys = await readRing(env, interruption);
  if (rollback && keys.length !== 2) {
    refuse(
      `--rollback needs two keys, and ENCRYPTION_KEYS holds ${keys.length}`,
      'put the key to go back to first in ENCRYPTION_KEYS, and leave --rollback out',
    );
  }
  const [first, second] = keys;
  const given: GivenRing = rollback && second !== undefined ? [second, first] : keys;
  const [target] = given;
  const shown = keys[0].name === 'new' ? keys.toReversed() : keys;
  return {
    ring: ringOf(given),
    given,
    named: shown.map(({ name, key }) => ({
      role: key === target.key ? 'target' : 'source',
      name,
      fingerprint: key.fingerprint,
    })),
  };
}
