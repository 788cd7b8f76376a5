import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFiles, leftIn } from '../../../src/terminal/new-files.ts';

let folder: string;
const at = (name: string) => path.join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'new-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = (...names: readonly string[]) => new Map(names.map((name) => [name, `in ${name}`]));

describe('several new files', () => {
  it('are for their owner only', () => {
    createFiles(folder, files('one', 'two'));
    expect(readdirSync(folder).sort()).toEqual(['one', 'two']);
    for (const name of ['one', 'two']) {
      expect(readFileSync(at(name), 'utf8')).toBe(`in ${name}`);
      expect(statSync(at(name)).mode & 0o777).toBe(0o600);
    }
  });

  it.each([
    ['is there', () => writeFileSync(at('three'), 'old')],
    ['is a link that leads nowhere', () => symlinkSync(at('nowhere'), at('three'))],
  ])('are not made at all if one of them %s, which stays as it is', (_title, make) => {
    make();
    expect(() => createFiles(folder, files('one', 'two', 'three', 'four'))).toThrow('EEXIST');
    expect(readdirSync(folder)).toEqual(['three']);
  });

  it('are not made at all while another process writes one of them, or was killed when it did', () => {
    writeFileSync(at('.two.partial'), 'half');
    expect(leftIn(folder, ['one', 'two'])).toEqual({ whole: [], partial: ['.two.partial'] });
    expect(() => createFiles(folder, files('one', 'two'))).toThrow('EEXIST');
    expect(readdirSync(folder)).toEqual(['.two.partial']);
    expect(readFileSync(at('.two.partial'), 'utf8')).toBe('half');
  });

  it('are not made at all if one of them cannot be', () => {
    expect(() => createFiles(folder, files('one', 'x'.repeat(300)))).toThrow('ENAMETOOLONG');
    expect(readdirSync(folder)).toEqual([]);
  });
});
