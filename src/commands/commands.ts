import type { Command } from './command.ts';
import { ESCROW_COMMANDS } from './escrow/commands.ts';
import { DRY_RUN, option, RUN_OPTIONS } from './options.ts';

const REASON = option('reason TEXT', 'why, for the registry of keys');

const rotate: Command = {
  name: 'rotate',
  summary: ['preflight, rotate, verify (the default command)'],
  argument: null,
  options: [
    DRY_RUN,
    option('rollback', 'swap the two keys: go back to the old one, or to the', 'second of ENCRYPTION_KEYS'),
    option(
      'batch-size N',
      'rows per UPDATE statement, 1 to 5000 (default 1, the',
      'easiest to reason about; 500 is many times faster)',
    ),
    option(
      'connections N',
      'write N batches at the same time, 1 to 16 (default 1,',
      'strictly one after the other); for a database far away',
    ),
    option('max-rows-per-second N', 'write no faster, so that services keep their speed; a', 'larger --batch-size is cut to N'),
    option('skip-unreadable', 'skip rows that neither key can decrypt and rotate the', 'rest; still exits 3'),
    option(
      'ignore TABLE.COLUMN',
      'leave an encrypted column alone that is not in',
      'prisma/schema.prisma (may be given several times)',
    ),
    option('backup FILE', 'before a value is written, save the old and the new one', 'to FILE, which must not exist'),
    REASON,
    ...RUN_OPTIONS,
  ],
  load: async () => (await import('./rotate/command.ts')).runRotate,
};

const verify: Command = {
  name: 'verify',
  summary: ['check that the new key (the first of a list) can', 'decrypt every row; needs no old key'],
  argument: null,
  options: RUN_OPTIONS,
  load: async () => (await import('./verify/command.ts')).runVerify,
};

const discover: Command = {
  name: 'discover',
  summary: ['find columns that hold values under the keys, and print', 'the lines for prisma/schema.prisma; one key is enough'],
  argument: null,
  options: RUN_OPTIONS.filter(({ flag }) => flag === 'env'),
  load: async () => (await import('./discover/command.ts')).runDiscover,
};

const register: Command = {
  name: 'register',
  summary: ['enter the keys in the registry, before the first', 'service writes with a new one (docs/zero-downtime.md)'],
  argument: null,
  options: [REASON, ...RUN_OPTIONS.filter(({ flag }) => flag === 'env')],
  load: async () => (await import('./register/command.ts')).runRegister,
};

const status: Command = {
  name: 'status',
  summary: ['say which keys are in use, where the rotation is, and', 'what is due; exits 7 if something is'],
  argument: null,
  options: [
    option('fast', 'count by the key ids of the rows, and decrypt nothing'),
    option('max-age 365d', 'the key in use is due after that time'),
    option('max-unverified 35d', 'a verification is due after that time'),
    ...RUN_OPTIONS.filter(({ flag }) => flag === 'json'),
    option('metrics FILE', 'write metrics for Prometheus to FILE, and replace it', '(docs/scheduling.md)'),
    ...RUN_OPTIONS.filter(({ flag }) => flag === 'env'),
  ],
  load: async () => (await import('./status/command.ts')).runStatus,
};

const retire: Command = {
  name: 'retire',
  summary: ['prove that a key is not used, make PostgreSQL refuse', 'it from then on, and record that'],
  argument: { name: 'FINGERPRINT', help: 'the key to retire, as status lists it', times: 'once' },
  options: [
    option('soak DURATION', 'how long it must have been unused, such as 90m, 24h', 'or 7d (default 24h)'),
    option('no-escrow', 'also if nobody has checked whether the key that stays', 'can be recovered'),
    REASON,
    ...RUN_OPTIONS,
  ],
  load: async () => (await import('./retire/command.ts')).runRetire,
};

const restore: Command = {
  name: 'restore',
  summary: ['put back the values that a --backup file holds; needs', 'no key'],
  argument: { name: 'FILE', help: 'a file that rotate --backup wrote', times: 'once' },
  options: [DRY_RUN, ...RUN_OPTIONS],
  load: async () => (await import('./restore/command.ts')).runRestore,
};

const generateKey: Command = {
  name: 'generate-key',
  summary: ['print a new key; with --out FILE, write it to FILE'],
  argument: null,
  options: [
    option(
      'in REFERENCE',
      'have AWS KMS or Vault make and wrap the key, such as',
      'awskms:///alias/app or hashivault://app; print the',
      'reference to it (docs/keys.md)',
    ),
    option('out FILE', 'write the key to FILE, which must not exist'),
    ...RUN_OPTIONS.filter(({ flag }) => flag === 'env'),
  ],
  load: async () => (await import('./generate-key/command.ts')).runGenerateKey,
};

export const DEFAULT_COMMAND = rotate;
export const COMMANDS: readonly Command[] = [
  ...[rotate, verify, discover, register, status, retire, restore, generateKey],
  ...ESCROW_COMMANDS,
];
