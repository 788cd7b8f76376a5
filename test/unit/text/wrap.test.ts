import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plain, unbroken, wrap } from '../../../src/text/wrap.ts';

const COMMAND = 'npx tsx scripts/some-tool.ts verify';
const KEPT = unbroken(COMMAND);

describe('a line on a terminal', () => {
  it.each<[line: string, indent: number, shown: string]>([
    ['', 2, ''],
    ['short', 2, 'short'],
    ['  1. the first and the second', 5, '  1. the first and the second'],
    ['  1. the first, the second and the third', 5, '  1. the first, the second\n     and the third'],
    ['  keys      old 12, new 34', 12, '  keys      old 12, new 34'],
    ['  keys      old 1234, new 5678', 12, '  keys      old 1234, new\n            5678'],
    ['anunbreakablewordthatistoolong and more', 2, 'anunbreakablewordthatistoolong\n  and more'],
    [
      '\u001b[32mdone\u001b[39m: \u001b[1mone two three four five six\u001b[22m',
      2,
      '\u001b[32mdone\u001b[39m: \u001b[1mone two three four five\n  six\u001b[22m',
    ],
    [`  2. check: ${KEPT}`, 5, `  2. check:\n     ${COMMAND}`],
    [`check: ${KEPT}; then go home and sleep well`, 2, `check:\n  ${COMMAND};\n  then go home and sleep well`],
  ])('%j is broken between words, a command nowhere', (line, indent, shown) => {
    expect(wrap(line, indent, 29)).toBe(shown);
  });

  it.each([undefined, 0])('is left alone if the width is %s', (columns) => {
    const line = '  a line that is much longer than any terminal is wide';
    expect(wrap(line, 2, columns)).toBe(line);
  });

  it('has plain spaces in its commands however it is shown, so that they can be copied', () => {
    const line = `  1. check: ${KEPT}`;
    for (const columns of [undefined, 0, 20, 80]) expect(wrap(line, 5, columns)).toContain(COMMAND);
    expect(plain(line)).toBe(`  1. check: ${COMMAND}`);
  });

  it('keeps every word, and fits if its words do', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom(...'abc-:./'), minLength: 1, maxLength: 15 }), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 80 }), (line, indent, columns) => {
        const wrapped = wrap(line.join(' '), indent, columns);
        expect(wrapped.split(/\s+/u).filter(Boolean)).toEqual(line);
        if (columns < 20) return;
        for (const each of wrapped.split('\n')) expect(each.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
