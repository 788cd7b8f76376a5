import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile, replaceProblem } from '../../../src/terminal/replace-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'replace-file-'));
const file = path.join(folder, 'keys.prom');
const precious = path.join(folder, 'precious');

beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
  writeFileSync(precious, 'precious');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a file that is replaced', () => {
  it('is there in one step, for everybody to read, whatever the umask is', () => {
    const umask = process.umask(0o077);
    try {
      for (const text of ['one\n', 'two\n']) {
        replaceFile(file, text);
        expect(readFileSync(file, 'utf8')).toBe(text);
        expect(statSync(file).mode & 0o777).toBe(0o644);
      }
    } finally {
      process.umask(umask);
    }
    expect(readdirSync(folder).sort()).toEqual(['keys.prom', 'precious']);
  });

  it('is not written into: who has it open reads the old text to its end', () => {
    replaceFile(file, 'one\n');
    const before = statSync(file).ino;
    replaceFile(file, 'two\n');
    expect(statSync(file).ino).not.toBe(before);
  });

  it('stays as it is, and nothing is left behind, if the new one cannot take its place', () => {
    mkdirSync(path.join(file, 'not-empty'), { recursive: true });
    expect(() => replaceFile(file, 'two\n')).toThrow();
    expect(readdirSync(folder).sort()).toEqual(['keys.prom', 'precious']);
    expect(existsSync(path.join(file, 'not-empty'))).toBe(true);
  });

  it('is never reached through a link that was put there in the meantime', () => {
    symlinkSync(precious, file);
    replaceFile(file, 'metrics\n');
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    expect(lstatSync(file).isFile()).toBe(true);
  });
});

describe('what cannot be replaced', () => {
  it('is refused before anything is done', () => {
    const at = (name: string) => path.join(folder, name);
    mkdirSync(at('folder'));
    symlinkSync(precious, at('link'));
    symlinkSync(at('nowhere'), at('dangling'));
    execFileSync('mkfifo', [at('fifo')]);
    const refused = [at('folder'), at('link'), at('dangling'), at('fifo'), '/dev/null'];
    for (const name of refused)
      expect(replaceProblem('--metrics', name)?.message).toBe(`--metrics: ${name} is not a regular file`);
    expect(replaceProblem('--metrics', `${folder}/`)?.message).toContain('is not a file name');
    const missing = path.join(folder, 'missing', 'keys.prom');
    expect(replaceProblem('--metrics', missing)?.message).toBe(`--metrics: cannot create a file in ${path.dirname(missing)}`);
    expect(replaceProblem('--metrics', path.join(precious, 'keys.prom'))?.message).toContain('cannot create a file');
    expect(replaceProblem('--metrics', precious)).toBeNull();
    expect(replaceProblem('--metrics', file)).toBeNull();
  });

  it.skipIf(process.getuid?.() === 0)('includes what is in a folder that this user may not write to', () => {
    chmodSync(folder, 0o500);
    expect(replaceProblem('--metrics', file)?.message).toContain('cannot create a file');
    chmodSync(folder, 0o700);
  });
});
