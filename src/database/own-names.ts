import type { ClientBase } from 'pg';

/**
 * In a transaction that begins with it, every unqualified name means PostgreSQL's own, whatever the role's search_path is, so that
 * nobody else's function or operator runs (the class of CVE-2018-1058: https://www.postgresql.org/docs/current/ddl-schemas.html).
 * A policy that would hide rows becomes an error instead (row_security). Both last until the transaction ends.
 */
export const OWN_NAMES_ONLY = `
  SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('row_security', 'off', true)`;

/** Puts a name from schema.prisma or from the catalog into SQL. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/**
 * Runs `work` in a transaction in which names mean PostgreSQL's own, and rolls it back: for reading.
 *
 * @param mode - what follows BEGIN
 */
export async function readInTransaction<T>(client: ClientBase, mode: string, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN ${mode}; ${OWN_NAMES_ONLY}`);
  const result = await work();
  await client.query('ROLLBACK');
  return result;
}
