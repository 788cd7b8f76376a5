import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { armor, Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect } from 'vitest';
import { secret } from '../tool/known-secrets.ts';
import { runHere } from '../tool/run-here.ts';
import { type ToolEnv, workFolder } from '../tool/run-tool.ts';

/** Somebody who keeps a share. */
export interface Custodian {
  readonly recipient: string;
  readonly identity: string;
  /** With the identity in it, as age-keygen writes it. */
  readonly file: string;
}

/** A share, as its custodian has it. */
export interface HeldShare extends Custodian {
  /** The encrypted one. */
  readonly share: string;
  /** What is in it. */
  readonly text: string;
}

/** @returns a new folder among those of the tests */
export function newFolder(): string {
  mkdirSync(workFolder, { recursive: true });
  return mkdtempSync(path.join(workFolder, 'escrow-'));
}

export function newCustodians(count: number): Promise<readonly Custodian[]> {
  const folder = newFolder();
  return Promise.all(
    Array.from({ length: count }, async (_each, index) => {
      const identity = secret(await generateX25519Identity());
      const recipient = await identityToRecipient(identity);
      const file = path.join(folder, `${index + 1}.txt`);
      writeFileSync(file, `# created: 2026-11-29T00:00:00Z\n# public key: ${recipient}\n${identity}\n`);
      return { identity, recipient, file };
    }),
  );
}

/** Decrypts the shares in a folder, and remembers their values as secrets. */
export function sharesIn(folder: string, custodians: readonly Custodian[]): Promise<readonly HeldShare[]> {
  const number = (name: string) => Number(/share-(\d+)-of/u.exec(name)?.[1]);
  const names = readdirSync(folder).sort((one, other) => number(one) - number(other));
  return Promise.all(
    custodians.map(async (custodian, index) => {
      const share = path.join(folder, names[index] ?? names[0] ?? expect.fail('no shares'));
      const decrypter = new Decrypter();
      decrypter.addIdentity(custodian.identity);
      const text = await decrypter.decrypt(armor.decode(readFileSync(share, 'utf8')), 'text');
      const value = /^value: ([0-9a-f]{66})$/mu.exec(text)?.[1] ?? expect.fail('no value');
      secret(value);
      secret(value.slice(0, 64));
      return { ...custodian, share, text };
    }),
  );
}

/** Splits the target key among so many new custodians, with the tool. */
export async function splitHere(env: ToolEnv, threshold: number, total: number) {
  const custodians = await newCustodians(total);
  const folder = newFolder();
  const to = custodians.flatMap(({ recipient }) => ['--to', recipient]);
  const run = await runHere(['escrow', 'split', '--threshold', String(threshold), ...to, '--out', folder], env);
  expect(run.code, run.stderr).toBe(0);
  return { run, folder, custodians, shares: await sharesIn(folder, custodians) };
}

/** @returns the value of a share, without any check */
export function shareValue(text: string): Buffer {
  return Buffer.from(/^value: (.*)$/mu.exec(text)?.[1] ?? '', 'hex');
}

/** @returns a new file that holds this, such as a share as `age -d` prints it */
export function fileWith(text: string | Buffer): string {
  const file = path.join(newFolder(), 'share.txt');
  writeFileSync(file, text);
  return file;
}
