import type { StoredValue } from '../layout/layout.ts';
import type { LayoutDefinition } from '../layout/template.ts';
import { columnsDefinition, jsonDefinition, type Unit } from './candidate.ts';
import { wholeValues } from './one-text.ts';
import type { SampledColumn } from './sample.ts';
import { sharedValues } from './several-texts.ts';

/** An object with more strings is a document, not an encrypted value. */
const MAX_MEMBERS = 24;

/** @returns every layout by which one column may hold what it has in this row, as a value of its own */
export function* ownValues(columns: readonly SampledColumn[], row: StoredValue): Generator<LayoutDefinition> {
  for (const { name, kind } of columns) {
    const text = row[name] ?? null;
    if (text === null) continue;
    const members = kind === 'bytes' ? null : stringsIn(text);
    if (members !== null) yield* objectValues(name, members);
    else if (kind !== 'json') for (const placed of wholeValues({ name, kind, text })) yield columnsDefinition([placed]);
  }
}

/** @returns every layout by which two or three columns may hold a value together in this row */
export function* sharedColumns(columns: readonly SampledColumn[], row: StoredValue): Generator<LayoutDefinition> {
  const units = columns.flatMap(({ name, kind }): Unit[] => {
    const text = row[name] ?? null;
    return text === null || kind === 'json' ? [] : [{ name, kind, text }];
  });
  for (const placed of sharedValues(units)) yield columnsDefinition(placed);
}

function* objectValues(column: string, members: readonly Unit[]): Generator<LayoutDefinition> {
  if (members.length > MAX_MEMBERS) return;
  for (const member of members) for (const placed of wholeValues(member)) yield* given(jsonDefinition(column, [placed]));
  for (const placed of sharedValues(members)) yield* given(jsonDefinition(column, placed));
}

function given<T>(value: T | null): readonly T[] {
  return value === null ? [] : [value];
}

/** @returns the strings of a JSON object; null if it is another text */
function stringsIn(text: string): readonly Unit[] | null {
  if (!text.startsWith('{')) return null;
  try {
    const object: Readonly<Record<string, unknown>> = JSON.parse(text);
    return Object.entries(object).flatMap(([name, each]) =>
      typeof each === 'string' ? [{ name, kind: 'text', text: each }] : [],
    );
  } catch {
    return null;
  }
}
