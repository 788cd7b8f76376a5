import { randomInt } from 'node:crypto';

/** An advisory lock: its two numbers as in the catalog (unsigned), and ready for SQL. */
export interface AdvisoryLock {
  readonly classId: number;
  readonly objectId: number;
  readonly sql: string;
}

/** The advisory locks of a run. */
export interface LockNumbers {
  /** Held exclusively by a run that may write, shared by a verification. */
  readonly run: AdvisoryLock;
  /** Shared by every statement that writes, for as long as its transaction lasts. */
  readonly writes: AdvisoryLock;
  /** Held exclusively by this one run: its second number is random. */
  readonly owner: AdvisoryLock;
  /** The first number of the owner's lock of every run that may write to this table. */
  readonly writers: number;
}

// The first numbers of the locks. Any would do, as long as they never change and no application uses them too: these are the first
// four times four bytes of the SHA-256 of "rotate-encryption-key". The second is the table's oid, which fits as a signed number.
const RUN = 0x7713c2da;
const WRITES = 0x4afa9164;
const OWNER = 0x3c3c61a0;
const READER = 0x2ddccf14;

/**
 * @param tableOid - the oid of the table, unsigned as the catalog has it
 * @param mayWrite - whether the run may write: such owners have a first number of their own for each table
 */
export function lockNumbers(tableOid: number, mayWrite: boolean): LockNumbers {
  const writers = (OWNER ^ tableOid) >>> 0;
  const owner = lock(mayWrite ? writers : READER, randomInt(2 ** 31));
  return { run: lock(RUN, tableOid), writes: lock(WRITES, tableOid), owner, writers };
}

function lock(classId: number, objectId: number): AdvisoryLock {
  const sql = [classId, objectId].map((number) => `'${number | 0}'::pg_catalog.int4`).join(', ');
  return { classId, objectId, sql };
}

/**
 * A verification shares the lock with others, and whoever may write has it alone. `none` is for looking: nobody may have it alone at the
 * start, but a rotation that begins later is not refused.
 */
export type LockMode = 'none' | 'shared' | 'exclusive';

const TAKE: Readonly<Record<LockMode, (lock: AdvisoryLock) => string>> = {
  none: ({ classId, objectId }) => `
         NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        AND (classid::bigint, objid::bigint) = (${classId}, ${objectId}))`,
  shared: ({ sql }) => `pg_try_advisory_xact_lock_shared(${sql})`,
  exclusive: ({ sql }) => `pg_try_advisory_xact_lock(${sql})`,
};

/** @returns the SQL that is true if the lock of a run is to be had, and then takes it for the transaction */
export function sqlToTake(lock: AdvisoryLock, mode: LockMode): string {
  return TAKE[mode](lock);
}
