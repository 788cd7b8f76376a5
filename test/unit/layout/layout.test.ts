import { describe, expect, it } from 'vitest';
import { sameStored, storedBytes } from '../../../src/layout/layout.ts';

const stored = { iv: 'ab', content: 'cdef', tag: null };

describe('stored values', () => {
  it('are the same if every column is, character for character', () => {
    expect(sameStored(stored, { ...stored })).toBe(true);
    for (const change of [{ iv: 'AB' }, { content: 'cdef ' }, { tag: '' }]) {
      expect(sameStored(stored, { ...stored, ...change })).toBe(false);
    }
  });

  it('take what their texts take, and something more', () => {
    expect(storedBytes(stored)).toBe(106);
    expect(storedBytes({})).toBe(100);
  });
});
