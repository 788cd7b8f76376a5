import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { fileWith, newCustodians, newFolder, sharesIn, shareValue, splitHere } from '../support/escrow/custodians.ts';
import { recombineByHand } from '../support/escrow/recombine.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey };
const split = (threshold: number, total: number) => splitHere(env, threshold, total);

describe('escrow split', () => {
  it('gives every custodian a file that only they can decrypt, and any K of them the key', async () => {
    const { run, folder, shares, custodians } = await split(3, 5);
    const fingerprint = fingerprintOf(freshKey);
    expect(readdirSync(folder).sort()).toEqual([1, 2, 3, 4, 5].map((number) => `${fingerprint}.share-${number}-of-5.age`));
    for (const { share } of shares) {
      expect(statSync(share).mode & 0o777).toBe(0o600);
      expect(readFileSync(share, 'utf8')).toMatch(
        /^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]*-----END AGE ENCRYPTED FILE-----\n$/u,
      );
    }
    expect(recombineByHand(shares.slice(2).map(({ text }) => shareValue(text)))).toBe(freshKey);
    expect(recombineByHand(shares.slice(3).map(({ text }) => shareValue(text)))).not.toBe(freshKey);
    expect(run.stdout).toContain(`done: key ${fingerprint} is in escrow in 5 shares, of which any 3 give it back\n`);
    expect(run.stdout).toContain('10 subsets of the shares were recombined and gave this key\n');
    for (const [index, { recipient }] of custodians.entries())
      expect(run.stdout).toContain(`${fingerprint}.share-${index + 1}-of-5.age is for ${recipient}\n`);
  });

  it('gives one file to all custodians if one of them is enough', async () => {
    const { run, folder, shares } = await split(1, 3);
    expect(readdirSync(folder)).toEqual([`${fingerprintOf(freshKey)}.share-1-of-1.age`]);
    for (const { text } of shares) expect(recombineByHand([shareValue(text)])).toBe(freshKey);
    expect(run.stdout).toContain(
      `done: key ${fingerprintOf(freshKey)} is in escrow in one file, which any of 3 custodians can decrypt\n`,
    );
  });

  it('takes another of the keys by its fingerprint, and recipients in one value', async () => {
    const custodians = await newCustodians(2);
    const folder = newFolder();
    const to = `\n${custodians.map(({ recipient }) => recipient).join('\n')}\n`;
    const key = ['--key', fingerprintOf(oldKey)];
    const { code } = await runHere(['escrow', 'split', ...key, '--threshold=2', '--to', to, '--out', folder], env);
    expect(code).toBe(0);
    const shares = await sharesIn(folder, custodians);
    expect(recombineByHand(shares.map(({ text }) => shareValue(text)))).toBe(oldKey);
  });

  it('writes 255 shares, which a few subsets prove', async () => {
    const { run, shares } = await split(200, 255);
    expect(run.stdout).toContain('2 subsets of the shares were recombined and gave this key\n');
    expect(recombineByHand(shares.slice(55).map(({ text }) => shareValue(text)))).toBe(freshKey);
  });

  it('overwrites nothing, and says what a split is that ended, and one that was stopped', async () => {
    const { folder, custodians, shares } = await split(2, 2);
    const before = shares.map(({ share }) => readFileSync(share, 'utf8'));
    const to = custodians.map(({ recipient }) => recipient).join(' ');
    const args = ['escrow', 'split', '--threshold', '2', '--to', to, '--out', folder];
    const { code, stderr } = await runHere(args, env);
    expect(code).toBe(2);
    const fingerprint = fingerprintOf(freshKey);
    const name = `${fingerprint}.share-1-of-2.age`;
    expect(stderr).toContain(
      `error: --out: ${folder} already has 2 of the 2 files, of another split of key ${fingerprint}: ${name}, `,
    );
    expect(stderr).toContain('hint: name another folder with --out: nothing is overwritten, ');
    writeFileSync(path.join(folder, `.${name}.partial`), '');
    const stopped = (await runHere(args, env)).stderr;
    expect(stopped).toContain(
      `files of a split of key ${fingerprint} that was stopped before its end, or is still running: .${name}.partial, ${name}, `,
    );
    expect(stopped).toContain('hint: if none is running, and no custodian has one of these files, delete them; otherwise name ');
    rmSync(path.join(folder, `.${name}.partial`));
    expect(shares.map(({ share }) => readFileSync(share, 'utf8'))).toEqual(before);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

describe('escrow check', () => {
  it('names a share and its key, from a file, from stdin, and from age', async () => {
    const { shares } = await split(2, 3);
    const [, second] = shares;
    if (second === undefined) return expect.fail();
    const whole = `done: share 2 of 3 of key ${fingerprintOf(freshKey)} is whole\n  any 2 of the 3 shares give the key back\n`;
    const check = (...args: readonly string[]) => runHere(['escrow', 'check', ...args]);
    const fromStdin = (bytes: string | Buffer, ...args: readonly string[]) =>
      runHere(['escrow', 'check', ...args], {}, false, [], undefined, Readable.from([bytes]));
    const runs = [
      await check(fileWith(second.text)),
      await check(fileWith(second.text.replaceAll('\n', '\r\n'))),
      await check(fileWith(second.text.trimEnd())),
      await check(second.share, '--identity', second.file),
      await check('--identity', shares[0]?.file ?? '', '--identity', second.file, '--', second.share),
      await fromStdin(Buffer.from(second.text)),
      await fromStdin(readFileSync(second.share), '--identity', second.file),
    ];
    for (const { code, stdout, stderr } of runs) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(whole);
    }
  });
});

describe('escrow recover', () => {
  it('proves which key the shares give, and writes it only if asked', async () => {
    const { shares } = await split(3, 5);
    const files = [shares[4], shares[0], shares[2]].map((held) => fileWith(held?.text ?? ''));
    const proven = await runHere(['escrow', 'recover', ...files]);
    expect(proven).toMatchObject({ code: 0, stderr: '' });
    expect(proven.stdout).toContain(`done: the shares give key ${fingerprintOf(freshKey)}\n  it was not written anywhere\n`);
    const out = path.join(newFolder(), 'key');
    const written = await runHere(['escrow', 'recover', ...files, '--out', out]);
    expect(written.code).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe(`${freshKey}\n`);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const again = await runHere(['escrow', 'recover', ...files, '--out', out]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('already exists');
    expect(readFileSync(out, 'utf8')).toBe(`${freshKey}\n`);
  });

  it('says where the key is, and what to repeat, if the verification that follows cannot take place', async () => {
    const { shares } = await split(2, 2);
    const files = shares.map(({ text }) => fileWith(text));
    const out = path.join(newFolder(), 'key');
    const unreachable = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' };
    const { code, stdout } = await runHere(['escrow', 'recover', ...files, '--out', out, '--verify'], unreachable);
    expect(code, stdout).toBe(4);
    expect(stdout).toContain(`the key is in ${out}: delete that file once the key is in your secret store`);
    expect(stdout).toContain('run the same command again without --out');
    expect(stdout).not.toContain('nothing was written');
    expect(readFileSync(out, 'utf8')).toBe(`${freshKey}\n`);
  });

  it('takes more shares than are needed, encrypted ones and others, and several identities', async () => {
    const { shares } = await split(2, 4);
    const [one, two, three] = shares;
    if (one === undefined || two === undefined || three === undefined) return expect.fail();
    const args = [one.share, two.share, fileWith(three.text), '--identity', two.file, '--identity', one.file];
    const { code, stdout } = await runHere(['escrow', 'recover', ...args]);
    expect(code).toBe(0);
    expect(stdout).toContain(`the shares give key ${fingerprintOf(freshKey)}`);
  });

  it('takes one share that is enough', async () => {
    const { shares } = await split(1, 2);
    const out = path.join(newFolder(), 'key');
    const [, second] = shares;
    const args = [second?.share ?? '', '--identity', second?.file ?? '', '--out', out];
    expect((await runHere(['escrow', 'recover', ...args])).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe(`${freshKey}\n`);
  });
});
