import { setTimeout } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { said, toEnd, writersOf } from './lock-holders.ts';
import { readInTransaction } from './own-names.ts';
import type { Table } from './table.ts';

/** How long to wait for a transaction that has written. */
const PATIENCE_MS = 2000;
const POLL_MS = 20;

/**
 * Waits for the transactions that have written to the table to end: a snapshot does not see what they wrote.
 *
 * @returns those that have not ended in time
 */
export async function waitForWriters(client: ClientBase, { oid }: Table): Promise<string[]> {
  const look = () => readInTransaction(client, 'ISOLATION LEVEL READ COMMITTED READ ONLY', () => writersOf(client, oid));
  let open = await look();
  for (const start = performance.now(); open.length > 0 && performance.now() - start < PATIENCE_MS; ) {
    await setTimeout(POLL_MS);
    const now = await look();
    open = open.filter(({ transaction }) => now.some((each) => each.transaction === transaction));
  }
  return open.map((each) => `${said(each)}: ${toEnd(each)}`);
}
