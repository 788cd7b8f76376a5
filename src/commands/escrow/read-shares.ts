import { readSmallFile, type SmallFile } from '../../config/small-file.ts';
import { LIMIT_MS, readStandardInput } from '../../config/standard-input.ts';
import { parseShare } from '../../escrow/parse-share.ts';
import type { Share } from '../../escrow/share.ts';
import type { NamedShare } from '../../escrow/share-set.ts';
import { typed } from '../../report/conclusion.ts';
import { printable } from '../../text/printable.ts';
import { allOf, refuse } from '../../text/problem.ts';
import type { Host } from '../command.ts';

/** What to do with a share that only age can decrypt. */
export const WITH_AGE = {
  check: `decrypt the share with age: age -d -i me.txt FILE | ${typed('escrow check')}`,
  recover: 'decrypt the share with age, and name FILE.txt in its place: (umask 077; age -d -i me.txt FILE > FILE.txt)',
} as const;
const NOT_A_SHARE = 'name a share that escrow split made, or what age -d makes of it';

/**
 * Reads the identities of custodians.
 *
 * @param files - as age-keygen writes them
 * @param withAge - what to do instead, of `WITH_AGE`
 * @throws UsageError with every problem, which quotes nothing that is in a file
 */
export async function readIdentities(files: readonly string[], withAge: string): Promise<readonly string[]> {
  return (await allOf(files.map((file) => readIdentityFile(file, withAge)))).flat();
}

async function readIdentityFile(path: string, withAge: string): Promise<readonly string[]> {
  const name = printable(path);
  const file = readSmallFile(path);
  if ('reason' in file) return refuse(`--identity: ${name} ${file.reason}`, 'name a file that age-keygen wrote');
  const parsed = (await import('../../escrow/identities.ts')).parseIdentities(file.bytes.toString('utf8'));
  switch (parsed.kind) {
    case 'identities':
      return parsed.identities;
    case 'only-age':
      return refuse(`--identity: ${name} ${parsed.problem}`, `leave this --identity out, and ${withAge}`);
    case 'problem':
      return refuse(
        `--identity: ${name} ${parsed.problem}`,
        'name a file that age-keygen wrote: it has a line AGE-SECRET-KEY-1…',
      );
    default:
      return parsed satisfies never;
  }
}

/**
 * Reads a share from a file.
 *
 * @param withAge - what to do with one that is encrypted, of `WITH_AGE`
 * @throws UsageError, which quotes nothing that is in it
 */
export async function readShareFile(path: string, identities: readonly string[], withAge: string): Promise<NamedShare> {
  const name = printable(path);
  return { name, share: await shareIn(readSmallFile(path), name, identities, withAge) };
}

/**
 * Reads a share from stdin.
 *
 * @throws UsageError, which quotes nothing of it; the reason of the interruption
 */
export async function readShareFromStdin(
  { stdin, env, interruption }: Pick<Host, 'stdin' | 'env' | 'interruption'>,
  identities: readonly string[],
): Promise<Share> {
  if (/stream|\*/iu.test(env['NODE_DEBUG'] ?? ''))
    refuse('no share is read from stdin while NODE_DEBUG makes Node print what it reads', 'unset NODE_DEBUG');
  const input = await readStandardInput(stdin(), LIMIT_MS, interruption);
  if ('bytes' in input && input.bytes.length === 0) refuse('stdin is empty: no share came', `name a FILE, or ${WITH_AGE.check}`);
  return shareIn(input, 'stdin', identities, WITH_AGE.check);
}

async function shareIn(file: SmallFile, name: string, identities: readonly string[], withAge: string): Promise<Share> {
  if ('reason' in file) return refuse(`${name} ${file.reason}`, NOT_A_SHARE);
  const parsed = parseShare(await plaintextOf(file.bytes, name, identities, withAge));
  switch (parsed.kind) {
    case 'share':
      return parsed.share;
    case 'damaged':
      return refuse(
        `${name}${parsed.named === null ? '' : ` (${parsed.named})`} is damaged: it is not as escrow split wrote it`,
        'use another copy of it, or the share of another custodian',
      );
    case 'several':
      return refuse(`${name} holds more than one share`, 'put each share into a file of its own');
    case 'unknown-version':
      return refuse(
        `${name} is a share that a later version of this tool made`,
        'use that version, or the Python in docs/escrow.md',
      );
    case 'not-a-share':
      return refuse(`${name} is not an escrow share`, NOT_A_SHARE);
    default:
      return parsed satisfies never;
  }
}

async function plaintextOf(bytes: Buffer, name: string, identities: readonly string[], withAge: string): Promise<string> {
  if (!/^(-----BEGIN AGE ENCRYPTED FILE-----|age-encryption\.org\/)/u.test(bytes.toString('latin1', 0, 64)))
    return bytes.toString('utf8');
  if (identities.length === 0) return refuse(`${name} is encrypted`, `add --identity FILE, or ${withAge}`);
  const decrypted = await (await import('../../escrow/age.ts')).decryptWith(identities, bytes);
  switch (decrypted.kind) {
    case 'text':
      return decrypted.text;
    case 'not-for-these':
      return refuse(
        `${name} cannot be decrypted with ${identities.length === 1 ? 'this identity' : 'these identities'}`,
        'it is encrypted to another custodian, whose identity belongs there, or it is damaged',
      );
    case 'damaged':
      return refuse(`${name} is damaged: age cannot decrypt it`, 'use another copy of it, or the share of another custodian');
    default:
      return decrypted satisfies never;
  }
}
