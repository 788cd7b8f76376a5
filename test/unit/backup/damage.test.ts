import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type CheckedBackup, checkBackup } from '../../../src/backup/backup-reader.ts';
import { headerFor, sealedFile } from '../../support/tool/backup-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'damage-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'backup.jsonl');

const value = (digit: string) => ({ iv: digit.repeat(24), content: digit.repeat(6), tag: digit.repeat(32) });
const records = ['1', 'two', 'drei \u2028é', '4'].map((id, at) => ({ id, before: value(`${at}`), after: value('f') }));
/** Two bytes are one character here and there, so that damage also makes invalid UTF-8. */
const whole = Buffer.from(sealedFile([headerFor('postgresql://h:1/d', 2), ...records, { end: true }]));
const LINES = records.length + 2;

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n');
const fileOf = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'), 'latin1');

/** @returns the number of the first line that is not as it was */
function firstOther(damaged: Buffer): number {
  const [now = [], before = []] = [damaged, whole].map((bytes) => bytes.toString('latin1').split(/(?<=\n)/u));
  return now.findIndex((line, at) => line !== before[at]) + 1;
}

/** Every record passes its check: the reader itself has to find the damage. */
function check(): Promise<CheckedBackup> {
  return checkBackup(file, () => null, new AbortController().signal);
}

async function expectRefused(damaged: Buffer, line = firstOther(damaged)): Promise<void> {
  writeFileSync(file, damaged);
  const found: unknown = await check().catch((error: unknown) => error);
  expect(found).toMatchObject({ name: 'BackupError', message: expect.stringMatching(new RegExp(`^line ${line} of `, 'u')) });
}

const position = fc.nat({ max: whole.length - 1 });
const index = fc.nat({ max: LINES - 1 });

describe('a backup of format 2 in which', () => {
  it('any bit is flipped is refused with the number of that line', async () => {
    const bit = fc.nat({ max: 7 });
    const property = fc.asyncProperty(position, bit, async (at, shift) => {
      const damaged = Buffer.from(whole);
      damaged[at] = (whole[at] ?? 0) ^ (1 << shift);
      await expectRefused(damaged);
    });
    await fc.assert(property, { numRuns: 1500, examples: Array.from({ length: 8 }, (_, shift) => [whole.length - 1, shift]) });
  });

  it('any byte is changed is refused with the number of that line', async () => {
    const property = fc.asyncProperty(position, fc.integer({ min: 1, max: 255 }), async (at, distance) => {
      const damaged = Buffer.from(whole);
      damaged[at] = ((whole[at] ?? 0) + distance) % 256;
      await expectRefused(damaged);
    });
    await fc.assert(property, { numRuns: 1500 });
  });

  it('a byte is lost is refused, except for the last newline, which carries no data', async () => {
    const property = fc.asyncProperty(position, async (at) => {
      const damaged = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
      if (at < whole.length - 1) return expectRefused(damaged);
      writeFileSync(file, damaged);
      const checked = await check();
      expect(checked).toMatchObject({ records: records.length, ending: 'whole' });
    });
    await fc.assert(property, { numRuns: 1000, examples: [[whole.length - 1]] });
  });

  it('a byte is inserted is refused, even a space that JSON allows', async () => {
    const byte = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x20, 0x0a, 0x0d, 0x00));
    const property = fc.asyncProperty(fc.nat({ max: whole.length }), byte, (at, inserted) =>
      expectRefused(Buffer.concat([whole.subarray(0, at), Buffer.from([inserted]), whole.subarray(at)])),
    );
    await fc.assert(property, { numRuns: 1500, examples: [0x0a, 0x20, 0x7b].map((inserted) => [whole.length, inserted]) });
  });

  it('a line is lost is refused at the line that follows; without the end line it is no longer whole', async () => {
    for (let at = 0; at < LINES - 1; at += 1) await expectRefused(fileOf(linesOf(whole).toSpliced(at, 1)));
    writeFileSync(file, fileOf(linesOf(whole).toSpliced(LINES - 1, 1)));
    const checked = await check();
    expect(checked).toMatchObject({ records: records.length, ending: 'open' });
  });

  it('a line is repeated, in any two places, is refused at the second', async () => {
    const property = fc.asyncProperty(index, index, async (at, to) => {
      await expectRefused(fileOf(linesOf(whole).toSpliced(to + 1, 0, linesOf(whole)[at] ?? '')));
    });
    await fc.assert(property);
  });

  it('two lines are swapped is refused at the first of them', async () => {
    const property = fc.asyncProperty(index, index, async (one, other) => {
      fc.pre(one !== other);
      const lines = linesOf(whole);
      await expectRefused(fileOf(lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '')));
    });
    await fc.assert(property);
  });

  it('a line or the header comes from another backup is refused', async () => {
    const another = Buffer.from(
      sealedFile([
        { ...headerFor('postgresql://h:1/d', 2), fields: [{ name: 'T', table: 'public.t' }] },
        ...records,
        { end: true },
      ]),
    );
    for (let at = 0; at < LINES; at += 1) {
      const mixed = fileOf(linesOf(whole).with(at, linesOf(another)[at] ?? ''));
      // A header that is whole is right for itself: what follows does not follow it.
      await expectRefused(mixed, at === 0 ? 2 : at + 1);
    }
  });
});
