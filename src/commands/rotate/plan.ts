import type { Environment } from '../../config/environment.ts';
import { type KeyName, readBothKeys } from '../../config/keys.ts';
import type { KeyRing } from '../../crypto/key-ring.ts';
import type { NamedKey } from '../../report/report.ts';
import { refuse } from '../../text/problem.ts';
import type { Given } from '../command.ts';

/** How to rotate. */
export interface RotatePlan {
  readonly dryRun: boolean;
  readonly skipUnreadable: boolean;
  /** Rows per statement. */
  readonly batchRows: number;
  readonly backup: string | null;
  readonly report: string | null;
  /** Unregistered columns that are meant to stay. */
  readonly ignore: readonly string[];
  /** The key to reach, as a person calls it, and the one to leave. */
  readonly target: KeyName;
  readonly source: KeyName;
}

const MAX_BATCH_ROWS = 5000;

/** @throws UsageError */
export async function readRotatePlan(given: Given): Promise<RotatePlan> {
  const [dryRun, backup, size] = [given.has('dry-run'), given.value('backup'), given.value('batch-size') ?? '1'];
  if (dryRun && backup !== null) refuse('--dry-run writes nothing, so --backup has nothing to save', 'leave one out');
  if (!/^[1-9][0-9]{0,3}$/u.test(size) || Number(size) > MAX_BATCH_ROWS) {
    refuse(`--batch-size is not a whole number from 1 to ${MAX_BATCH_ROWS}`, 'leave it out to write row by row');
  }
  const back = given.has('rollback');
  return {
    dryRun,
    skipUnreadable: given.has('skip-unreadable'),
    batchRows: Number(size),
    backup,
    report: given.value('report'),
    ignore: given.values('ignore'),
    target: back ? 'old' : 'new',
    source: back ? 'new' : 'old',
  };
}

/** The keys of a rotation, and how they are printed. */
export interface RotationKeys {
  readonly ring: KeyRing;
  readonly named: readonly NamedKey[];
}

/** @throws UsageError */
export async function readRotationKeys(
  env: Environment,
  { target, source }: Pick<RotatePlan, 'target' | 'source'>,
): Promise<RotationKeys> {
  const keys = await readBothKeys(env);
  const named = (['old', 'new'] as const).map((name) => ({
    role: name === target ? ('target' as const) : ('source' as const),
    name,
    fingerprint: keys[name].fingerprint,
  }));
  return { ring: { target: keys[target], sources: [keys[source]] }, named };
}
