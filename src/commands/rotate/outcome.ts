import { countsOf, type FieldOutcome, NOTHING_KNOWN, type Outcome, unreadableOf } from '../../report/report.ts';
import type { Compared, Reached, Tally } from '../../rotation/result.ts';
import type { Ending } from './ending.ts';

/** What the report says about the end of a rotation. */
export function outcome(ending: Ending): Outcome {
  return {
    ending: ending.kind,
    doubt: ending.kind === 'not-verified' ? ending.doubt.kind : null,
    unregistered:
      ending.kind === 'unregistered' ? ending.values.map(({ table, columns }) => ({ table, columns: [...columns] })) : [],
    notYet: [],
    fields: new Map(fieldsOf(ending)),
  };
}

function fieldsOf(ending: Ending): [string, FieldOutcome][] {
  switch (ending.kind) {
    case 'rotated':
    case 'rotated-except-unreadable':
    case 'not-verified':
      return ending.fields.map((field) => [field.field, compared(field)]);
    case 'nothing-to-do':
      return ending.fields.map(({ field, census }) => {
        const counts = countsOf(census);
        return [field, { ...NOTHING_KNOWN, before: counts, after: counts, plaintexts: 'unchanged' }];
      });
    case 'rehearsed':
    case 'unreadable-rows':
      return ending.fields.map(({ field, census }) => [
        field,
        { ...NOTHING_KNOWN, before: countsOf(census), unreadable: unreadableOf(census) },
      ]);
    case 'unregistered':
      return [];
    case 'row-failed':
    case 'write-in-doubt':
    case 'stopped':
      return ending.reached.map((reached) => [reached.field, reachedField(reached)]);
    default:
      return ending satisfies never;
  }
}

function compared({ before, after, tally, late }: Compared): FieldOutcome {
  return {
    ...NOTHING_KNOWN,
    before: countsOf(before),
    after: countsOf(after),
    ...written(tally),
    meanwhile: { ...written(tally).meanwhile, ...before.ids.trafficUntil(after.ids), late },
    plaintexts: before.digest === after.digest ? 'unchanged' : 'changed',
    unreadable: unreadableOf(after),
  };
}

function reachedField({ before, last, tally }: Reached): FieldOutcome {
  return { ...NOTHING_KNOWN, before: countsOf(before), ...written(tally), unreadable: unreadableOf(last) };
}

function written({
  rotated,
  named,
  conflicts,
  gone,
  alreadyRotated,
}: Tally): Pick<FieldOutcome, 'rotated' | 'named' | 'meanwhile'> {
  return { rotated, named, meanwhile: { ...NOTHING_KNOWN.meanwhile, conflicts, gone, alreadyRotated } };
}
