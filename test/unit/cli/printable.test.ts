import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/cli/printable.ts';
import { newKey } from '../../support/application.ts';

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
    ['postgres://user:hunter2@host/db', 'postgres://user:[masked]@host/db'],
    ['see postgresql://u:p@h and mysql://a:b@c', 'see postgresql://u:[masked]@h and mysql://a:[masked]@c'],
    ['a uuid 00000000-0000-4000-8000-000000000001', 'a uuid 00000000-0000-4000-8000-000000000001'],
    ['an iv 0123456789abcdef0123456789abcdef', 'an iv 0123456789abcdef0123456789abcdef'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('masks what looks like a key, also with a character too few, in either case, and amid text', () => {
    const key = newKey();
    for (const text of [key, key.slice(1), key.toUpperCase(), `key=${key}!`, `${key}${key}`]) {
      const shown = printable(text);
      expect(shown).toContain('[masked]');
      expect(shown.toLowerCase()).not.toContain(key.slice(1, 20));
    }
  });

  it('leaves nothing in any text that a terminal would act on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).toMatch(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u);
      }),
    );
  });
});
