import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Encrypter } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/report/exit-code.ts';
import { newKey } from '../support/application/application.ts';
import { type Custodian, fileWith, type HeldShare, newCustodians, newFolder, splitHere } from '../support/escrow/custodians.ts';
import { fingerprintOf } from '../support/keys/fingerprint.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';

// Every run fails if it prints a key, an identity or the value of a share: all of them are known secrets.
const [oldKey, freshKey] = [secret(newKey()), secret(newKey())];
const env = { OLD_ENCRYPTION_KEY: oldKey, NEW_ENCRYPTION_KEY: freshKey };
let custodians: readonly Custodian[];
let shares: readonly HeldShare[];
let ofAnotherSplit: readonly HeldShare[];
let ofAnotherKey: readonly HeldShare[];
beforeAll(async () => {
  custodians = await newCustodians(3);
  ({ shares } = await splitHere(env, 3, 5));
  ofAnotherSplit = (await splitHere(env, 3, 5)).shares;
  ofAnotherKey = (await splitHere({ NEW_ENCRYPTION_KEY: oldKey }, 3, 5)).shares;
});

/** @returns the errors of a run that has to be refused, with a hint for each, without a result */
async function refusals(args: readonly string[], variables = {}, stdin = Readable.from([])): Promise<string[]> {
  const { code, stdout, stderr } = await runHere(['escrow', ...args], variables, false, [], undefined, stdin);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  expect(
    lines.filter((line, index) => line.startsWith(`rotate-encryption-key: ${index % 2 === 0 ? 'error' : 'hint'}: `)),
  ).toEqual(lines);
  return lines.filter((_line, index) => index % 2 === 0).map((line) => line.slice('rotate-encryption-key: error: '.length));
}

const text = (index: number) => shares[index]?.text ?? '';
const to = (...indexes: readonly number[]) => indexes.flatMap((index) => ['--to', custodians[index]?.recipient ?? '']);
const native = () => custodians[0]?.recipient ?? '';

describe('escrow split refuses', () => {
  it.each<[title: string, args: () => readonly string[], problems: readonly string[]]>([
    ['nothing at all', () => [], ['--threshold is missing', '--to is missing']],
    ['K = 0', () => ['--threshold', '0', ...to(0)], ['--threshold is not a whole number from 1 to 255']],
    ['K = -1', () => ['--threshold', '-1', ...to(0)], ['--threshold is not a whole number from 1 to 255']],
    ['K = 1.5', () => ['--threshold', '1.5', ...to(0)], ['--threshold is not a whole number from 1 to 255']],
    ['K > n', () => ['--threshold', '3', ...to(0, 1)], ['--threshold is 3, but --to names 2 custodians']],
    ['K = 2 for one custodian', () => ['--threshold', '2', ...to(0)], ['--threshold is 2, but --to names one custodian']],
    ['256 custodians', () => ['--threshold', '2', '--to', `${native()} `.repeat(256)], ['--to names 256 custodians']],
    ['a recipient twice', () => ['--threshold', '2', ...to(0, 1, 0)], ['--to: recipient 3 is the same as recipient 1']],
    [
      'a recipient with a typo',
      () => ['--threshold', '1', '--to', `${native().slice(0, -1)}${native().endsWith('x') ? 'y' : 'x'}`],
      ['--to: recipient 1 is not a recipient of age'],
    ],
    [
      'a recipient in upper case',
      () => ['--threshold', '1', '--to', native().toUpperCase()],
      ['--to: recipient 1 is not a recipient of age'],
    ],
    [
      'a recipient of low order, to which nothing can be encrypted',
      () => ['--threshold', '1', '--to', 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z'.slice(0, 52)],
      ['--to: recipient 1 is not a recipient of age'],
    ],
    ['a word', () => ['--threshold', '1', '--to', 'alice'], ['--to: recipient 1 is not a recipient of age']],
    [
      'an SSH key',
      () => ['--threshold', '1', '--to', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA1pTB4ZjRBXGb5AAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
      ['--to: recipient 1 is an SSH key, which this tool cannot encrypt to', '--to: recipient 2 is not a recipient of age'],
    ],
    [
      'a recipient of a plugin',
      () => ['--threshold', '2', ...to(0), '--to', 'age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t'],
      ['--to: recipient 2 needs a plugin, or is of a kind that this tool cannot encrypt to'],
    ],
    [
      'an identity in the place of a recipient',
      () => ['--threshold', '1', '--to', custodians[0]?.identity ?? ''],
      ['--to: recipient 1 is an identity, and may be secret'],
    ],
    [
      'a fingerprint that no key has',
      () => ['--threshold', '1', ...to(0), '--key', '0123456789abcdef'],
      ['--key: no key that is set has the fingerprint 0123456789abcdef'],
    ],
    [
      'a key in the place of its fingerprint',
      () => ['--threshold', '1', ...to(0), '--key', freshKey],
      ['--key is not a fingerprint'],
    ],
  ])('%s, and writes nothing', async (_title, args, problems) => {
    const folder = newFolder();
    expect(await refusals(['split', ...args(), '--out', folder], env)).toEqual(problems);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a folder that is none, and says with it all else that is wrong', async () => {
    const file = fileWith('');
    expect(await refusals(['split', '--threshold', '1', ...to(0)], {})).toEqual([
      'NEW_ENCRYPTION_KEY is not set',
      '--out is missing',
    ]);
    for (const none of [path.join(newFolder(), 'none'), file])
      expect(await refusals(['split', '--threshold', '1', ...to(0), '--out', none], env)).toEqual([
        `--out: cannot create a file in ${none}`,
      ]);
  });
});

/** What no share can be read from, and what is said of it. */
const notShares: [title: string, make: () => string, problem: string][] = [
  ['a directory', newFolder, 'is a directory'],
  ['a FIFO', makeFifo, 'is not a regular file'],
  ['a device', () => '/dev/zero', 'is not a regular file'],
  ['a file of 1 GiB', makeSparse, 'is larger than 65536 bytes'],
  ['a file that does not exist', () => path.join(newFolder(), 'none'), 'does not exist'],
  ['an empty file', () => fileWith(''), 'is not an escrow share'],
  ['a key', () => fileWith(`${freshKey}\n`), 'is not an escrow share'],
  ['random bytes', () => fileWith(Buffer.from(freshKey, 'hex')), 'is not an escrow share'],
  ['an encrypted share without an identity', () => shares[0]?.share ?? '', 'is encrypted'],
  [
    'a share without its last line',
    () => fileWith(text(0).replace(/checksum: .*\n/u, '')),
    '(share 1) is damaged: it is not as escrow split wrote it',
  ],
  ['half a share', () => fileWith(text(0).slice(0, 400)), '(share 1) is damaged: it is not as escrow split wrote it'],
  [
    'a share with a changed character',
    () => fileWith(text(2).replace('key in', 'key 1n')),
    '(share 3) is damaged: it is not as escrow split wrote it',
  ],
  ['two shares in one file', () => fileWith(text(0) + text(1)), 'holds more than one share'],
];

function makeFifo(): string {
  const fifo = path.join(newFolder(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  return fifo;
}

function makeSparse(): string {
  const file = fileWith('');
  truncateSync(file, 2 ** 30);
  return file;
}

describe('escrow check refuses', () => {
  it.each(notShares)('%s', async (_title, make, problem) => {
    const file = make();
    expect(await refusals(['check', file])).toEqual([`${file} ${problem}`]);
  });

  it('an encrypted share that is for another custodian, and one that is damaged', async () => {
    const [one, two] = shares;
    if (one === undefined || two === undefined) return expect.fail();
    expect(await refusals(['check', one.share, '--identity', two.file])).toEqual([
      `${one.share} cannot be decrypted with this identity`,
    ]);
    const file = readFileSync(one.share, 'utf8');
    for (const damaged of [
      file.slice(0, 300),
      file.replace(/\n(.)/u, (_all, first) => `\n${first === 'Y' ? 'Z' : 'Y'}`),
      file.slice(0, -40),
    ]) {
      const at = fileWith(damaged);
      expect(await refusals(['check', at, '--identity', one.file])).toEqual([`${at} is damaged: age cannot decrypt it`]);
    }
  });

  it('what age encrypted, but is no share', async () => {
    const [holder] = custodians;
    if (holder === undefined) return expect.fail();
    const encrypter = new Encrypter();
    encrypter.addRecipient(holder.recipient);
    const file = fileWith(Buffer.from(await encrypter.encrypt(freshKey)));
    expect(await refusals(['check', file, '--identity', holder.file])).toEqual([`${file} is not an escrow share`]);
  });

  it.each<[title: string, content: (identity: string) => string, problem: string]>([
    ['without an identity', () => '# public key: age1…\n\n', 'holds no identity'],
    [
      'with a typo',
      (identity) => `# me\n${identity.slice(0, -1)}${identity.endsWith('Q') ? 'P' : 'Q'}\n`,
      'has a line 2 that is not an identity of age',
    ],
    ['in lower case', (identity) => identity.toLowerCase(), 'has a line 1 that is not an identity of age'],
    ['that holds a key', () => freshKey, 'has a line 1 that is not an identity of age'],
    [
      'of a plugin',
      () => 'AGE-PLUGIN-YUBIKEY-1XQJQQYQ2DPKK',
      'holds an identity of a plugin, or of a kind that this tool cannot use',
    ],
    ['of SSH', () => '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n', 'holds an SSH key, which this tool cannot use'],
    [
      'with a passphrase',
      () => '-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n',
      'is encrypted itself, which this tool cannot decrypt',
    ],
  ])('a file of identities %s', async (_title, content, problem) => {
    const file = fileWith(content(custodians[0]?.identity ?? ''));
    expect(await refusals(['check', shares[0]?.share ?? '', '--identity', file])).toEqual([`--identity: ${file} ${problem}`]);
  });

  it.each(['is a directory', 'is not a regular file', 'is larger than 65536 bytes'])(
    'a file of identities that %s',
    async (problem) => {
      const make = { 'is a directory': newFolder, 'is not a regular file': makeFifo, 'is larger than 65536 bytes': makeSparse }[
        problem
      ];
      const file = make?.() ?? '';
      expect(await refusals(['check', shares[0]?.share ?? '', '--identity', file])).toEqual([`--identity: ${file} ${problem}`]);
    },
  );

  it('an empty stdin, one without end, one that fails, and one that Node would print', async () => {
    async function* forever() {
      for (;;) yield Buffer.alloc(1024, text(0));
    }
    const failing = new Readable({ read: () => failing.destroy(Object.assign(new Error(text(0)), { code: 'EIO' })) });
    expect(await refusals(['check'], {}, Readable.from([]))).toEqual(['stdin is empty: no share came']);
    expect(await refusals(['check'], {}, Readable.from(forever()))).toEqual(['stdin holds more than 65536 bytes']);
    expect(await refusals(['check'], {}, failing)).toEqual(['stdin cannot be read (EIO)']);
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    expect(await refusals(['check'], {}, terminal)).toEqual(['stdin is a terminal, which would show the share']);
    // An identity in the place of a file is a known secret, too.
    const identity = custodians[0]?.identity ?? '';
    expect(await refusals(['check', identity])).toEqual(['[masked] does not exist']);
    expect(await refusals(['check', fileWith(text(0)), '--identity', identity])).toEqual(['--identity: [masked] does not exist']);
    expect(await refusals(['check'], {}, Readable.from([Buffer.from(freshKey)]))).toEqual(['stdin is not an escrow share']);
    expect(await refusals(['check'], { NODE_DEBUG: 'net,stream' }, Readable.from([Buffer.from(text(0))]))).toEqual([
      'no share is read from stdin while NODE_DEBUG makes Node print what it reads',
    ]);
  });

  it('a bad DATABASE_URL, before it waits for a share', async () => {
    expect(await refusals(['check'], { DATABASE_URL: 'mysql://x' }, new PassThrough())).toEqual([
      'DATABASE_URL does not begin with postgresql:// or postgres://',
    ]);
  });

  it('to wait any longer when a signal stops it', async () => {
    const controller = new AbortController();
    const run = runHere(['escrow', 'check'], {}, false, [], controller.signal, new PassThrough());
    controller.abort(new Interrupted('SIGINT'));
    expect(await run).toMatchObject({ code: 130, stdout: '' });
  });
});

describe('escrow recover refuses', () => {
  const files = (...texts: readonly string[]) => texts.map(fileWith);

  it('shares that are too few, or the same', async () => {
    const [one, two] = files(text(0), text(1));
    expect(await refusals(['recover', one ?? ''])).toEqual(['1 of the 3 shares that are needed are here: share 1 of 5']);
    const copy = fileWith(text(0));
    expect(await refusals(['recover', one ?? '', two ?? '', copy])).toEqual([
      `${one} and ${copy} are the same share: share 1 of 5`,
      '2 of the 3 shares that are needed are here: share 1 of 5, share 2 of 5',
    ]);
  });

  it('shares of two splits, of two keys, and with them a damaged one, which it names', async () => {
    const [one, two, other, another] = files(text(0), text(1), ofAnotherSplit[2]?.text ?? '', ofAnotherKey[2]?.text ?? '');
    const id = (held: readonly HeldShare[]) => /^split: (.*)$/mu.exec(held[0]?.text ?? '')?.[1];
    expect(await refusals(['recover', one ?? '', two ?? '', other ?? ''])).toEqual([
      `the shares are of 2 splits: split ${id(shares)} (${one}, ${two}); split ${id(ofAnotherSplit)} (${other})`,
    ]);
    expect(await refusals(['recover', one ?? '', two ?? '', another ?? ''])).toEqual([
      `the shares are of 2 keys: key ${fingerprintOf(freshKey)} (${one}, ${two}); key ${fingerprintOf(oldKey)} (${another})`,
    ]);
    const damaged = fileWith(text(3).replace(/^(value: )(.)/mu, (_all, name, first) => `${name}${first === '0' ? '1' : '0'}`));
    const none = path.join(newFolder(), 'none');
    expect(await refusals(['recover', one ?? '', damaged, none])).toEqual([
      `${damaged} (share 4) is damaged: it is not as escrow split wrote it`,
      `${none} does not exist`,
    ]);
  });

  it.each(notShares)('%s among others', async (_title, make, problem) => {
    const file = make();
    expect(await refusals(['recover', ...files(text(3), text(4)), file])).toEqual([`${file} ${problem}`]);
  });

  it('an encrypted share, and says how to name it decrypted, which no pipe can', async () => {
    const { stderr } = await runHere(['escrow', 'recover', shares[0]?.share ?? '', fileWith(text(1)), fileWith(text(2))]);
    expect(stderr).toContain(
      'hint: add --identity FILE, or decrypt the share with age, and name FILE.txt in its place: (umask 077; age -d -i me.txt FILE > FILE.txt)\n',
    );
    expect(stderr).not.toContain('escrow check');
  });

  it('a file that it cannot write, and with it all else that is wrong', async () => {
    const folder = newFolder();
    mkdirSync(path.join(folder, 'out'));
    const none = path.join(folder, 'none', 'key');
    expect(await refusals(['recover', ...files(text(0)), '--out', path.join(folder, 'out'), '--verify'])).toEqual([
      '1 of the 3 shares that are needed are here: share 1 of 5',
      'DATABASE_URL is not set',
      `--out: ${path.join(folder, 'out')} is a directory`,
    ]);
    expect(await refusals(['recover', ...files(text(0), text(1), text(2)), '--out', none])).toEqual([
      `--out: cannot create a file in ${path.join(folder, 'none')}`,
    ]);
  });
});
