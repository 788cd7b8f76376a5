import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readOutputPlan, repeated } from '../../../src/commands/output-plan.ts';
import { given, problemsOf } from './given.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'output-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [fresh, other, taken] = ['fresh', 'other', 'taken'].map((name) => path.join(folder, name));
writeFileSync(taken ?? '', 'kept');

const ALONE = 'leave one out';
const NEW_NAME = 'name a new file: nothing is overwritten';

describe('what is printed, and into which files', () => {
  it.each<[argv: string, plan: object]>([
    ['', { json: false, verbose: false, quiet: false, report: null, backup: null }],
    ['verify --json --quiet', { json: true, verbose: false, quiet: true, report: null, backup: null }],
    [`--verbose --report ${fresh} --backup ${other}`, { json: false, verbose: true, quiet: false, report: fresh, backup: other }],
  ])('is what "%s" says', async (argv, plan) => {
    expect(await readOutputPlan(given(argv))).toEqual(plan);
  });

  it.each<[argv: string, problems: object[]]>([
    ['--quiet --verbose', [{ message: '--quiet and --verbose contradict each other', hint: ALONE }]],
    ['verify --quiet --verbose', [{ message: '--quiet and --verbose contradict each other', hint: ALONE }]],
    [
      `--report ${taken} --backup ${taken}`,
      [
        { message: `--report: ${taken} already exists`, hint: NEW_NAME },
        { message: `--backup: ${taken} already exists`, hint: NEW_NAME },
        { message: '--report and --backup name the same file', hint: 'name two different files' },
      ],
    ],
    [
      `--report ${fresh} --backup ${folder}/./fresh`,
      [{ message: '--report and --backup name the same file', hint: 'name two different files' }],
    ],
    [`--backup ${folder}/`, [{ message: `--backup: ${folder}/ is not a file name`, hint: 'name a file in that folder' }]],
    [`--backup ${folder}`, [{ message: `--backup: ${folder} is a directory`, hint: 'name a new file in it' }]],
    [
      `--backup ${folder}/none/file`,
      [
        {
          message: `--backup: cannot create a file in ${folder}/none`,
          hint: 'name a folder that exists and that this user may write to',
        },
      ],
    ],
  ])('is refused, with all that is wrong: "%s"', async (argv, problems) => {
    expect(await problemsOf(readOutputPlan(given(argv)))).toEqual(problems);
  });

  it.each<[files: Parameters<typeof repeated>[0], said: string]>([
    [{ report: null, backup: null }, 'run the same command again'],
    [{ report: 'r', backup: null }, 'run the same command again with another --report file'],
    [{ report: 'r', backup: 'b' }, 'run the same command again with another --backup file and another --report file'],
  ])('needs new names when the run is repeated: %j', (files, said) => {
    expect(repeated(files)).toBe(said);
  });
});
