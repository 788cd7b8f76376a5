import { randomInt } from 'node:crypto';

/** The advisory locks of a run, each as the two numbers that PostgreSQL takes, ready for SQL. */
export interface LockNumbers {
  /** Held exclusively by a run that may write, shared by a verification. */
  readonly run: string;
  /** Shared by every statement that writes, for as long as its transaction lasts. */
  readonly writes: string;
  /** Held exclusively by this one run. */
  readonly owner: string;
}

// The first numbers of the locks. Any would do, as long as they never change and no application chose them too: these are the first
// three times four bytes of the SHA-256 of "rotate-encryption-key". The second is the table's oid, which fits as a signed number.
const RUN = 0x7713c2da;
const WRITES = 0x4afa9164;
const OWNER = 0x3c3c61a0;

/** @param tableOid - the oid of the table, unsigned as the catalog has it */
export function lockNumbers(tableOid: number): LockNumbers {
  return { run: `${RUN}, ${tableOid | 0}`, writes: `${WRITES}, ${tableOid | 0}`, owner: `${OWNER}, ${randomInt(2 ** 31)}` };
}
