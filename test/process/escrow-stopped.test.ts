import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { newCustodians, newFolder } from '../support/escrow/custodians.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, startTool } from '../support/tool/run-tool.ts';

const freshKey = secret(newKey());
const env = { NEW_ENCRYPTION_KEY: freshKey };
const CUSTODIANS = 40;

describe('a split that is killed', () => {
  it.each<[title: string, isThere: (names: readonly string[]) => boolean]>([
    ['when it writes the first file', (names) => names.length > 0],
    ['when the first file has its name', (names) => names.some((name) => !name.startsWith('.'))],
  ])('%s leaves whole files only, and the next one says what they are', async (_title, isThere) => {
    const folder = newFolder();
    const to = (await newCustodians(CUSTODIANS)).map(({ recipient }) => recipient).join(' ');
    const args = ['escrow', 'split', '--threshold', '2', '--to', to, '--out', folder];
    const { child, end } = startTool(args, env);
    const ended = end.then(() => true);
    while (!isThere(readdirSync(folder)) && !(await Promise.race([ended, setImmediate(false)])));
    child.kill('SIGKILL');
    await end;
    const names = readdirSync(folder);
    const whole = names.filter((name) => !name.startsWith('.'));
    // The files are gone that say that it was stopped only if it had nothing left to do.
    expect(whole.length === CUSTODIANS || whole.length < names.length, names.join(' ')).toBe(true);
    for (const name of whole) expect(readFileSync(`${folder}/${name}`, 'utf8')).toMatch(/\n-----END AGE ENCRYPTED FILE-----\n$/u);
    const next = await runTool(args, env);
    expect(next.code).toBe(2);
    const said =
      whole.length < names.length
        ? `has files of a split of key ${fingerprintOf(freshKey)} that was stopped before its end, or is still running: .`
        : `already has ${CUSTODIANS} of the ${CUSTODIANS} files`;
    expect(next.stderr).toContain(`error: --out: ${folder} ${said}`);
    expect(readdirSync(folder)).toEqual(names);
  });
});
