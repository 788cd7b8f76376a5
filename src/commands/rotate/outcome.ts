import { countsOf, NOTHING_KNOWN, type Outcome, unreadableOf } from '../../report/report.ts';
import type { Compared, Reached, RotateEnding, Tally } from '../../rotation/result.ts';

/** What the report says about the end of a rotation. */
export function outcome(ending: RotateEnding): Outcome {
  return { ending: ending.kind, doubt: ending.kind === 'not-verified' ? ending.doubt.kind : null, field: fieldOf(ending) };
}

function fieldOf(ending: RotateEnding): Outcome['field'] {
  switch (ending.kind) {
    case 'rotated':
    case 'rotated-except-unreadable':
    case 'not-verified':
      return compared(ending);
    case 'nothing-to-do': {
      const counts = countsOf(ending.census);
      return { ...NOTHING_KNOWN, before: counts, after: counts, plaintexts: 'unchanged' };
    }
    case 'rehearsed':
    case 'unreadable-rows':
      return { ...NOTHING_KNOWN, before: countsOf(ending.census), unreadable: unreadableOf(ending.census) };
    case 'row-failed':
    case 'write-in-doubt':
    case 'stopped':
      return reachedField(ending.reached);
    default:
      return ending satisfies never;
  }
}

function compared({ before, after, tally, late }: Compared): Outcome['field'] {
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

function reachedField(reached: Reached): Outcome['field'] {
  if (reached.kind === 'nothing-counted') return NOTHING_KNOWN;
  const { before, last, tally } = reached;
  return { ...NOTHING_KNOWN, before: countsOf(before), ...written(tally), unreadable: unreadableOf(last) };
}

function written({ rotated, conflicts, gone, alreadyRotated }: Tally): Pick<Outcome['field'], 'rotated' | 'meanwhile'> {
  return { rotated, meanwhile: { ...NOTHING_KNOWN.meanwhile, conflicts, gone, alreadyRotated } };
}
