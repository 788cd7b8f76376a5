import { describe, expect, it } from 'vitest';
import { countUnder } from '../../../src/rotation/census.ts';
import { createDigestKey } from '../../../src/rotation/plaintext-digest.ts';
import { survey } from '../../../src/rotation/survey.ts';
import { createValueWork } from '../../../src/rotation/value-work.ts';
import { fingerprints, layout, ring, tableOf } from './table.ts';

describe('the rows under some keys', () => {
  it('are counted over all of them; a key that the survey did not try has none', async () => {
    const store = tableOf(3);
    const ignore = () => {};
    const options = {
      ring,
      work: createValueWork({ ring, layout, digestKey: createDigestKey() }),
      known: new Set<string>(),
      onProgress: ignore,
      onUnreadable: ignore,
    };
    const census = await store.scan(new AbortController().signal, (scan) => survey({ scan, ...options }));
    const [old, target] = [{ fingerprint: fingerprints.old }, { fingerprint: fingerprints.new }];
    expect([[old], [target], [old, target], [{ fingerprint: 'another' }], []].map((keys) => countUnder(census, keys))).toEqual([
      3, 0, 3, 0, 0,
    ]);
  });
});
