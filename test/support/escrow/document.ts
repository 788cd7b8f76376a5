import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import { isInstalled, run, sayIfMissing } from '../keys/program.ts';
import { expectNoSecret, secret } from '../tool/known-secrets.ts';
import { linkProject } from '../tool/link-project.ts';
import type { ToolEnv } from '../tool/run-tool.ts';
import { readRunnableBlocks } from '../tool/runnable-blocks.ts';
import { newFolder, shareValue } from './custodians.ts';

export const document = readFileSync(path.resolve(import.meta.dirname, '..', '..', '..', 'docs', 'escrow.md'), 'utf8');
const blocks = readRunnableBlocks(document);

export const hasAgeAndPython = isInstalled('age-keygen', '--version') && isInstalled('python3', '--version');
export const sayIfNoAge = (suite: string) =>
  sayIfMissing(hasAgeAndPython, suite, 'age or python3 is not on this machine (Debian: apt install age python3)');

/** @returns the program of the document that recovers a key */
export function pythonOfTheDocument(): string {
  const [program, ...others] = [...document.matchAll(/^```python\n((?:.*\n)*?)```$/gmu)].map(([, code = '']) => code);
  expect(others).toEqual([]);
  return program ?? expect.fail('the document has no program');
}

/** Runs a block of the document in a folder, as somebody who types it there. @returns its stdout */
export async function follow(tag: string, folder: string, env: ToolEnv = {}): Promise<string> {
  const block = blocks.find(({ tags }) => tags.includes(tag)) ?? expect.fail(`no block ${tag}`);
  const { PATH } = process.env;
  const shell = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', block.code], {
    cwd: folder,
    env: { PATH, HOME: folder, NO_UPDATE_NOTIFIER: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  shell.stdout.on('data', (text: Buffer) => {
    said.stdout += text.toString();
  });
  shell.stderr.on('data', (text: Buffer) => {
    said.stderr += text.toString();
  });
  const [code] = await once(shell, 'close');
  expectNoSecret(said.stdout + said.stderr);
  expect(code, `the block ${tag} of docs/escrow.md said\n${said.stdout}${said.stderr}`).toBe(0);
  return said.stdout;
}

/** Somebody's folder with the project in it. */
function newDesk(): string {
  const folder = path.join(newFolder(), 'desk');
  linkProject(folder);
  return folder;
}

/**
 * The ceremony of the document, with five custodians, of whom any three have the key.
 *
 * @param env - gives the tool its keys
 * @returns their folders, in which the shares are
 */
export async function holdCeremony(env: ToolEnv): Promise<{ readonly operator: string; readonly custodians: readonly string[] }> {
  const operator = newDesk();
  const custodians = [1, 2, 3, 4, 5].map(newDesk);
  const recipients: string[] = [];
  for (const custodian of custodians) {
    recipients.push((await follow('custodian', custodian)).trim());
    secret(/AGE-SECRET-KEY-\w+/u.exec(readFileSync(path.join(custodian, 'me.txt'), 'utf8'))?.[0] ?? expect.fail('no identity'));
  }
  writeFileSync(path.join(operator, 'recipients.txt'), `${recipients.join('\n')}\n`);
  await follow('operator', operator, env);
  const shares = path.join(operator, 'shares');
  const names = readdirSync(shares).sort();
  expect(names).toHaveLength(custodians.length);
  for (const [index, custodian] of custodians.entries()) {
    const share = path.join(custodian, 'share.age');
    copyFileSync(path.join(shares, names[index] ?? ''), share);
    const value = shareValue(await run('age', ['-d', '-i', path.join(custodian, 'me.txt'), share])).toString('hex');
    expect(value).toHaveLength(66);
    secret(value);
    secret(value.slice(0, 64));
  }
  return { operator, custodians };
}

/** What the document says of the way of the shares to the machine of the recovery. @returns that machine's folder */
export async function bringShares(custodians: readonly string[]): Promise<string> {
  const machine = newDesk();
  const recipient = (await follow('recovery', machine)).trim();
  secret(
    /AGE-SECRET-KEY-\w+/u.exec(readFileSync(path.join(machine, 'recovery', 'me.txt'), 'utf8'))?.[0] ?? expect.fail('no identity'),
  );
  for (const [index, custodian] of custodians.entries()) {
    await follow('hand-over', custodian, { RECIPIENT: recipient });
    copyFileSync(path.join(custodian, 'for-recovery.age'), path.join(machine, 'recovery', `${index + 1}.age`));
  }
  return machine;
}
