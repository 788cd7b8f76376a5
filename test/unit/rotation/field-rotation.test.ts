import { expect, it } from 'vitest';
import { UNREADABLE_IDS_KEPT } from '../../../src/rotation/census.ts';
import { FieldRotation } from '../../../src/rotation/field-rotation.ts';
import { atOnce } from '../../../src/rotation/pace.ts';
import { Run } from '../../../src/rotation/run.ts';
import { fieldOf, ring, silentObserver, tableOf } from './table.ts';

it('passes over as many unreadable rows as can be remembered, and no more, if it is told to', async () => {
  const field = fieldOf(tableOf(1));
  const run = { fields: [field], signal: new AbortController().signal, observer: silentObserver() };
  const census = await new Run(run).survey('preflight', field, ring);
  const skips = (unreadable: number, skipUnreadable: boolean) => {
    const options = { ...run, ring, skipUnreadable, batchRows: 1, connections: 1, pace: atOnce, beforeWrite: async () => {} };
    return new FieldRotation(field, { ...census, unreadable }, new Run(run), options).skips;
  };
  expect(skips(UNREADABLE_IDS_KEPT, true)).toBe(true);
  expect(skips(UNREADABLE_IDS_KEPT + 1, true)).toBe(false);
  expect(skips(1, false)).toBe(false);
});
