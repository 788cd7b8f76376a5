import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { secret } from '../tool/known-secrets.ts';
import { workFolder } from '../tool/run-tool.ts';

/** An argument of every command: no message may show it. */
export const passphrase = secret(randomBytes(16).toString('hex'));

/** @returns the path of a file in the folder that the tool runs in */
export const at = (name: string) => path.join(workFolder, name);

/** Writes a program that Node runs. @returns the command that runs it, as JSON */
export function program(name: string, code: string): string {
  writeFileSync(at(name), `#!${process.execPath}\n${code}\n`);
  chmodSync(at(name), 0o755);
  return JSON.stringify([at(name), passphrase]);
}

/** @returns code that prints a text, without a newline */
export const printing = (text: string) => `process.stdout.write(${JSON.stringify(text)});`;

/** Code that never ends. */
export const hanging = 'setInterval(() => {}, 1000);';
