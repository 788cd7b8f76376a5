import type { Misfit } from '../layout/layout.ts';
import type { Census } from '../rotation/census.ts';
import type { Unreadable } from '../rotation/judge.ts';
import type { RowProblem } from '../rotation/write-failure.ts';
import type { KeyWords } from './key-words.ts';
import type { NamedKey } from './report.ts';

/** Ids that are listed for a person; the JSON report has more, and `--verbose` prints all. */
const LISTED = 20;

/** What is wrong with a column, to be read after its name. */
const MISFIT: Readonly<Record<Misfit, string>> = {
  null: 'is null',
  empty: 'is empty',
  'not-hex': 'is not hex',
  'not-base64': 'is not base64',
  'not-base64url': 'is not base64url',
  'bad-padding': 'has the wrong number of = at the end of its base64',
  'not-canonical': 'ends in a base64 character with stray bits',
  'no-match': 'does not fit its template in prisma/schema.prisma',
  'not-json': 'is not JSON',
  'json-shape': 'is not a JSON object with the members of its template',
  'json-duplicate': 'has the same JSON member twice',
  'json-escapes': 'has escapes in a JSON member that holds a value',
  'aad-null': 'is null, but is part of the associated data',
  'odd-length': 'has an odd number of hex digits',
  'wrong-length': 'has the wrong length (an iv has 12 or 16 bytes, a tag 16)',
};

export function rowCount(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

/** @returns `is` or `are`, and the like */
export function verb(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

export function rowProblem(why: RowProblem, { none }: KeyWords): string {
  switch (why.kind) {
    case 'malformed':
      return `its ${why.column} ${MISFIT[why.misfit]}`;
    case 'not-authentic':
      return `${none} can decrypt it`;
    case 'conflicts':
      return `gave up after ${why.attempts} conflicting writes: the value keeps changing, or a trigger or rule reverts it`;
    default:
      return why satisfies never;
  }
}

export function unreadableReason(why: Unreadable): string {
  return why.kind === 'malformed' ? `${why.column} ${MISFIT[why.misfit]}` : 'cannot be decrypted';
}

/** @returns for example `a, b and c` */
export function enumerated(parts: readonly string[]): string {
  return [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter((part) => part !== '').join(' and ');
}

/** Says in a line what a survey found. */
export function censusLine({ rows, withoutValue, misnamed, under, unreadable }: Census, keys: readonly NamedKey[]): string {
  const counts = keys.map(({ name, fingerprint }) => [under.get(fingerprint) ?? 0, `under the ${name} key`] as const);
  const others = [
    [unreadable, 'unreadable'] as const,
    [withoutValue, 'without a value'] as const,
    [misnamed, 'with a wrong or missing key id'] as const,
  ];
  const found = [...counts, ...others].filter(([count]) => count > 0);
  return [rowCount(rows), ...found.map((part) => part.join(' '))].join(', ').replace(', ', ': ');
}

/** A row, as it is named for a person. */
export interface NamedRow {
  readonly name: string;
  readonly why: Unreadable;
}

/** @param count - how many there are; `rows` are the first of them */
export function listUnreadable(count: number, rows: readonly NamedRow[]): string[] {
  return listed(
    rows.map(({ name, why }) => `${name}: ${unreadableReason(why)}`),
    count,
  );
}

/** The first lines of a list, and how many more there are. */
export function listed(lines: readonly string[], total: number = lines.length): string[] {
  const shown = lines.slice(0, LISTED);
  return total > shown.length ? [...shown, `and ${total - shown.length} more`] : shown;
}

/** Names an unexpected error and its location, but not its message, which may quote a value. */
export function bugHeadline(error: unknown): string {
  if (!(error instanceof Error)) return `a bug in the tool: ${typeof error}`;
  const [place] = /(?<=^ {4}at ).*$/mu.exec(error.stack ?? '') ?? [];
  return `a bug in the tool: ${error.name}${place === undefined ? '' : ` at ${place}`}`;
}
