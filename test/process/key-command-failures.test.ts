import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { at, hanging, passphrase, printing, program } from '../support/keys/commands.ts';
import { type Loopback, startSilent } from '../support/keys/loopback.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, startTool, type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

const oldKey = secret(newKey());
const freshKey = secret(newKey());

let database: Loopback;
beforeAll(async () => {
  database = await startSilent();
});
afterAll(() => database.stop());

/** Runs a verification whose key a command gives. The database is a port that says nothing. */
function verify(command: string, env: ToolEnv = {}) {
  return runTool(['verify'], {
    DATABASE_URL: `postgresql://app@127.0.0.1:${database.port}/app`,
    DATABASE_CONNECT_TIMEOUT_MS: '1',
    NEW_ENCRYPTION_KEY_COMMAND: command,
    ...env,
  });
}

/** @param name - of a file with the id of a process */
function expectEnded(name: string): void {
  const pid = readFileSync(at(name), 'utf8');
  // A container may keep what has ended in its list.
  expect(spawnSync('ps', ['-o', 'stat=', '-p', pid]).stdout.toString()).toMatch(/^(Z.*\n)?$/u);
}

describe('a command that gives no key', () => {
  const named = (name: string) => `NEW_ENCRYPTION_KEY_COMMAND: ${at(name)}`;
  const late = (name: string) =>
    `${named(name)}, or a program that it started, was still running after 1 s; its process group was killed`;

  it.each<[title: string, command: string, problem: string]>([
    ['is no JSON', `pass show ${passphrase}`, 'NEW_ENCRYPTION_KEY_COMMAND is not a JSON array of strings'],
    ['is a JSON text', `"pass show ${passphrase}"`, 'NEW_ENCRYPTION_KEY_COMMAND is not a JSON array of strings'],
    ['has a number in it', `["pass", 1, "${passphrase}"]`, 'NEW_ENCRYPTION_KEY_COMMAND is not a JSON array of strings'],
    ['has a NUL in it', `["pass", "\\u0000${passphrase}"]`, 'NEW_ENCRYPTION_KEY_COMMAND is not a JSON array of strings'],
    ['is an empty array', '[]', 'NEW_ENCRYPTION_KEY_COMMAND names no program'],
    ['is a nameless program', '[""]', 'NEW_ENCRYPTION_KEY_COMMAND names no program'],
    ['does not exist', JSON.stringify([at('nowhere'), passphrase]), `${named('nowhere')} cannot be run (ENOENT)`],
    ['is a folder', JSON.stringify([workFolder, passphrase]), `NEW_ENCRYPTION_KEY_COMMAND: ${workFolder} cannot be run (EACCES)`],
    [
      'is below a file',
      JSON.stringify([path.join(process.execPath, 'node'), passphrase]),
      `NEW_ENCRYPTION_KEY_COMMAND: ${process.execPath}/node cannot be run (ENOTDIR)`,
    ],
    ['exits 3', program('exits-3', `${printing(freshKey)} process.exitCode = 3;`), `${named('exits-3')} exited with code 3`],
    [
      'is killed',
      program('killed', `process.kill(process.pid, 'SIGKILL'); ${hanging}`),
      `${named('killed')} was killed by SIGKILL`,
    ],
    ['prints nothing', program('silent', ''), `${named('silent')} printed nothing`],
    ['prints a newline', program('newline', printing('\n')), `${named('newline')} printed nothing`],
    [
      'prints two lines',
      program('two-lines', printing(`${freshKey}\n${oldKey}\n`)),
      'the output of NEW_ENCRYPTION_KEY_COMMAND contains white space',
    ],
    [
      'prints 31 bytes',
      program('short', printing(freshKey.slice(2))),
      'the output of NEW_ENCRYPTION_KEY_COMMAND has 62 characters instead of 64',
    ],
    ['prints too much', program('much', printing(freshKey.repeat(65))), `${named('much')} printed more than 4096 bytes`],
    [
      'prints without end',
      program(
        'endless',
        `process.stdout.on('error', () => process.exit()); setInterval(() => { ${printing(freshKey.repeat(99))} }, 1);`,
      ),
      `${named('endless')} printed more than 4096 bytes`,
    ],
    ['prints a key and hangs', program('hangs', printing(freshKey) + hanging), late('hangs')],
    [
      'prints a key, hangs and does not want to end',
      program('stubborn', `process.on('SIGTERM', () => {}); ${printing(freshKey)} ${hanging}`),
      late('stubborn'),
    ],
    [
      'reads its input to the end, of which there is none',
      program('reads', `process.stdin.on('data', () => {}).once('end', () => process.exit(4));`),
      `${named('reads')} exited with code 4`,
    ],
  ])('is refused with exit code 2, and nothing is connected to: it %s', async (_title, command, problem) => {
    const { code, stdout, stderr } = await verify(command, { KEY_TIMEOUT_MS: '1000' });
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`rotate-encryption-key: error: ${problem}\n`);
    expect(stderr.match(/^rotate-encryption-key: hint: /gmu)?.length).toBe(1);
    expect(database.connections()).toBe(0);
  });

  it('is killed with what it has started, which may hold its output open', async () => {
    const grandchild = `require('node:fs').writeFileSync('grandchild', String(process.pid)); ${hanging}`;
    const command = program(
      'parent',
      `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });
       const seen = setInterval(() => { if (require('node:fs').existsSync('grandchild')) { clearInterval(seen); child.unref(); ${printing(freshKey)} } }, 5);`,
    );
    const { code, stderr } = await verify(command, { KEY_TIMEOUT_MS: '2000' });
    expect(code, stderr).toBe(2);
    expect(stderr).toContain('or a program that it started, was still running after 2 s; its process group was killed');
    expect(existsSync(at('grandchild'))).toBe(true);
    expectEnded('grandchild');
  });

  it('is ended by a signal that stops the run', async () => {
    const command = program(
      'waits',
      `require('node:fs').writeFileSync('waits.pid', String(process.pid)); console.error('here'); ${hanging}`,
    );
    const url = 'postgresql://app@127.0.0.1:1/app';
    const { child, end } = startTool(['verify'], { DATABASE_URL: url, NEW_ENCRYPTION_KEY_COMMAND: command });
    child.stderr?.on('data', (text: Buffer) => {
      if (text.toString().includes('here')) child.kill('SIGTERM');
    });
    const { code, stderr } = await end;
    expect(code, stderr).toBe(143);
    expect(stderr).toContain('stopped by SIGTERM; nothing was written');
    expectEnded('waits.pid');
  });

  it('is not run where Node would show its arguments', async () => {
    const command = program('not-run', `require('node:fs').writeFileSync('was-run', ''); ${printing(freshKey)}`);
    const { code, stderr } = await verify(command, { NODE_DEBUG: 'http,CHILD_PROCESS' });
    expect(code).toBe(2);
    expect(stderr).toContain('is not run while NODE_DEBUG makes Node print the arguments and the variables of every program');
    expect(existsSync(at('was-run'))).toBe(false);
  });
});

describe('a program that the SDK of AWS asks for credentials', () => {
  it('does not keep the run beyond the limit if it never ends', async () => {
    const child = `require('node:fs').writeFileSync('credentials.pid', String(process.pid)); ${hanging}`;
    program('credentials', child);
    writeFileSync(at('config'), `[profile slow]\nregion = eu-west-1\ncredential_process = ${at('credentials')}\n`);
    const { code, stderr } = await runTool(['verify'], {
      DATABASE_URL: `postgresql://app@127.0.0.1:${database.port}/app`,
      ...{ AWS_CONFIG_FILE: at('config'), AWS_PROFILE: 'slow', KEY_TIMEOUT_MS: '2000' },
      NEW_ENCRYPTION_KEY: 'awskms:///alias/app#AAAA',
    });
    process.kill(Number(readFileSync(at('credentials.pid'), 'utf8')));
    expect(code, stderr).toBe(2);
    expect(stderr).toContain('error: NEW_ENCRYPTION_KEY: AWS KMS did not answer within 2 s');
    expect(database.connections()).toBe(0);
  });
});
