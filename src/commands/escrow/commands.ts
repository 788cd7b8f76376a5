import type { Command } from '../command.ts';
import { option, RUN_OPTIONS } from '../options.ts';

const ENV = RUN_OPTIONS.filter(({ flag }) => flag === 'env');
const IDENTITY = option(
  'identity FILE',
  'decrypt a share of age with an identity of age-keygen',
  'in FILE (may be given several times)',
);

const split: Command = {
  name: 'escrow split',
  summary: ['split a key into shares for custodians, each encrypted', 'with age (docs/escrow.md)'],
  argument: null,
  options: [
    option('threshold K', 'how many shares give the key back; with 1, one file', 'that any of the custodians can decrypt'),
    option('to RECIPIENT', 'a custodian, as age-keygen names them: age1… (for', 'each custodian once; or several, in quotes)'),
    option('out DIR', 'the folder for the files, which must not exist in it'),
    option('key FINGERPRINT', 'which of the given keys (default: the new key, or', 'the first of ENCRYPTION_KEYS)'),
    ...ENV,
  ],
  load: async () => (await import('./split.ts')).runEscrowSplit,
};

const check: Command = {
  name: 'escrow check',
  summary: ['check that a share is whole, without showing it;', 'without FILE, it comes on stdin; needs no key'],
  argument: { name: 'FILE', help: 'a share', times: 'at most once' },
  options: [IDENTITY, ...ENV],
  load: async () => (await import('./check.ts')).runEscrowCheck,
};

const recover: Command = {
  name: 'escrow recover',
  summary: ['prove that shares give their key back; with --out, write', 'it to a file'],
  argument: { name: 'FILE', help: 'the shares, as many as are needed', times: 'at least once' },
  options: [
    option('out FILE', 'write the key to FILE, which must not exist'),
    option('verify', 'then check that the key can decrypt every row'),
    IDENTITY,
    ...ENV,
  ],
  load: async () => (await import('./recover.ts')).runEscrowRecover,
};

export const ESCROW_COMMANDS: readonly Command[] = [split, check, recover];
