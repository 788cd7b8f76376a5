import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/text/printable.ts';

describe('printable', () => {
  it.each<[text: string, shown: string]>([
    ['row-1 über 10 €', 'row-1 über 10 €'],
    ['a\u001b[2Jb', 'a\\u{1b}[2Jb'],
    ['line\r\nline', 'line\\u{d}\\u{a}line'],
    ['nul\0', 'nul\\u{0}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['lone \ud800 surrogate', 'lone \\u{d800} surrogate'],
    ['line\u2028separator', 'line\\u{2028}separator'],
    ['a uuid 00000000-0000-4000-8000-000000000001', 'a uuid 00000000-0000-4000-8000-000000000001'],
    ['an iv 0123456789abcdef0123456789abcdef', 'an iv 0123456789abcdef0123456789abcdef'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves nothing in any text that a terminal would interpret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).toMatch(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u);
      }),
    );
  });
});
