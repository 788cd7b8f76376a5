import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fileWith, type HeldShare, newCustodians, newFolder, sharesIn } from '../support/escrow/custodians.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runTool, startTool, type ToolEnv, type ToolRun, workFolder } from '../support/tool/run-tool.ts';

// Every run fails if it prints a secret that is known: the key, the identities, and the values of the shares.
const freshKey = secret(newKey());
/** All that Node can print, without what makes it print all that is read. */
const NODE_DEBUG = 'fs,http,https,http2,net,tls,module,esm,timer,fetch,undici,websocket,crypto,worker';
const debug = { DEBUG: '*', NODE_DEBUG };
let shares: readonly HeldShare[];
let made: ToolRun;

/** Runs the tool with something on its stdin. */
async function withStdin(text: string, args: readonly string[], env: ToolEnv = {}): Promise<ToolRun> {
  const { child, end } = startTool(['escrow', 'check', ...args], env, ['pipe', 'pipe', 'pipe']);
  child.stdin?.on('error', () => {});
  child.stdin?.end(text);
  return end;
}

beforeAll(async () => {
  const custodians = await newCustodians(3);
  const folder = newFolder();
  const to = custodians.map(({ recipient }) => recipient).join(' ');
  const env = { ...debug, NEW_ENCRYPTION_KEY_FILE: fileWith(freshKey) };
  made = await runTool(['escrow', 'split', '--threshold', '2', '--to', to, '--out', folder], env);
  shares = await sharesIn(folder, custodians);
});

describe('no secret of an escrow is printed, whatever the settings for debugging', () => {
  it('by a split', () => {
    expect(made.code, made.stderr.slice(-2000)).toBe(0);
    // Those of the shares were not known yet when it ran.
    for (const { text } of shares) {
      const value = /^value: (.*)$/mu.exec(text)?.[1] ?? '';
      expect(made.stdout + made.stderr).not.toContain(value.slice(0, 20));
    }
  });

  it.each(['--key', '--to', '--threshold', '--out'])('by a split that gets the key in the place of %s', async (flag) => {
    const { code } = await runTool(['escrow', 'split', '--threshold', '2', flag, freshKey], debug);
    expect(code).toBe(2);
  });

  it('by checks, from a file, and from a pipe', async () => {
    const [share] = shares;
    const runs = [
      await runTool(['escrow', 'check', share?.share ?? '', '--identity', share?.file ?? ''], debug),
      await runTool(['escrow', 'check', fileWith(share?.text ?? '')], debug),
      await withStdin(share?.text ?? '', [], debug),
      await withStdin(readFileSync(share?.share ?? '', 'utf8'), ['--identity', share?.file ?? ''], debug),
    ];
    for (const { code, stdout } of runs) {
      expect(code).toBe(0);
      expect(stdout).toContain(`done: share 1 of 3 of key ${fingerprintOf(freshKey)} is whole\n`);
    }
  });

  it('by refusals of what is damaged, and of what is no share', async () => {
    const [share] = shares;
    const identity = share?.file ?? '';
    const refused: (readonly string[])[] = [
      ['check', fileWith((share?.text ?? '').replace('value: ', 'value:'))],
      ['check', fileWith((share?.text ?? '').toUpperCase())],
      ['check', identity],
      ['check', share?.share ?? '', '--identity', fileWith((share?.text ?? '').slice(0, 900))],
      ['check', share?.share ?? '', '--identity', fileWith(`${readFileSync(identity, 'utf8').trim()}x\n`)],
      ['recover', fileWith(share?.text ?? ''), identity, fileWith(freshKey)],
    ];
    for (const args of refused) expect((await runTool(['escrow', ...args], debug)).code, args.join(' ')).toBe(2);
    for (const settings of ['stream', '*'])
      expect((await withStdin(share?.text ?? '', [], { NODE_DEBUG: settings })).code, settings).toBe(2);
  });

  it('by a recovery, which writes the key to a file and nowhere else', async () => {
    const out = path.join(newFolder(), 'key');
    const args = shares.slice(1).flatMap(({ share, file }) => [share, '--identity', file]);
    const { code, stdout } = await runTool(['escrow', 'recover', ...args, '--out', out], debug);
    expect(code).toBe(0);
    expect(stdout).toContain(`done: the shares give key ${fingerprintOf(freshKey)}\n`);
    expect(readFileSync(out, 'utf8')).toBe(`${freshKey}\n`);
  });
});

describe('escrow check on a stdin', () => {
  it('that is closed, empty, a folder, or without end is refused, and ends', async () => {
    const none = [await runTool(['escrow', 'check']), await withStdin('', [])];
    const folder = openSync(workFolder, 'r');
    none.push(await startTool(['escrow', 'check'], {}, [folder, 'pipe', 'pipe']).end);
    closeSync(folder);
    for (const { code, stderr } of none) {
      expect(stderr).toContain('error: stdin is empty: no share came\n');
      expect(code).toBe(2);
    }
    const zero = openSync('/dev/zero', 'r');
    const endless = await startTool(['escrow', 'check'], {}, [zero, 'pipe', 'pipe']).end;
    closeSync(zero);
    expect(endless.stderr).toContain('error: stdin holds more than 65536 bytes\n');
    expect(endless.code).toBe(2);
  });
});
