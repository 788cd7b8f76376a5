import type { FoundValue } from '../../discovery/found-values.ts';
import { type Conclusion, typed } from '../../report/conclusion.ts';
import { EXIT } from '../../report/exit-code.ts';
import { listed, rowCount } from '../../report/wording.ts';
import type { Search } from '../search.ts';

/** Said of every search: what it cannot see. */
export const BLIND_SPOT = 'values that are bound to associated data (aad) cannot be recognized: register them by hand';

/** Says what a search found. */
export function conclude({ registered, unregistered, tables }: Search): Conclusion {
  const looked = `${tables} ${tables === 1 ? 'table' : 'tables'}`;
  if (unregistered.length > 0) {
    const values = unregistered.length === 1 ? 'an encrypted value' : `${unregistered.length} encrypted values`;
    return {
      exitCode: EXIT.unreadableRows,
      headline: `found ${values} that prisma/schema.prisma does not have, in ${looked}`,
      details: listed(unregistered.map((value) => `${said(value)}${value.problem === null ? '' : `; ${value.problem}`}`)),
      nextSteps: [
        ...(unregistered.some(({ problem }) => problem !== null)
          ? ['give values that share a column columns of their own: this tool cannot rotate them']
          : []),
        ...(unregistered.some(({ problem }) => problem === null)
          ? [
              'paste the lines from stdout into prisma/schema.prisma',
              'npx prisma generate',
              `then see what a rotation would do: ${typed('--dry-run')}`,
            ]
          : []),
      ],
    };
  }
  const all =
    registered.length === 1 ? 'the only encrypted value found is' : `all ${registered.length} encrypted values found are`;
  return {
    exitCode: EXIT.done,
    headline: registered.length === 0 ? `no value under these keys in ${looked}` : `${all} in prisma/schema.prisma already`,
    details: [],
    nextSteps: registered.length === 0 ? ['if some were expected, check the keys and the database in DATABASE_URL'] : [],
  };
}

/** @returns a value as a line of talk: where it is, and in how many rows it was seen under which keys */
export function said({ schema, table, columns, under, sampledRows }: FoundValue): string {
  const keys = [...under].map(([fingerprint, rows]) => `${rows} under ${fingerprint}`).join(', ');
  return `${schema}.${table}: ${columns.map(({ name }) => name).join(', ')}: of ${rowCount(sampledRows)} sampled, ${keys}`;
}
