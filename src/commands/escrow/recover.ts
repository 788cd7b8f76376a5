import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { type EncryptionKey, exportKeyBytes } from '../../crypto/encryption-key.ts';
import { recombine } from '../../escrow/recombine.ts';
import { setProblems } from '../../escrow/share-set.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { createFile, newFileProblem, notCreated } from '../../terminal/new-file.ts';
import { createOutput } from '../../terminal/output.ts';
import { allOf, refuse, UsageError } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import type { OutputPlan } from '../output-plan.ts';
import { verifyTables } from '../verification.ts';
import { concludeRecovery } from './conclusion.ts';
import { readIdentities, readShareFile, WITH_AGE } from './read-shares.ts';
import { tell } from './tell.ts';

/**
 * Makes a key of its shares again, and proves by its fingerprint that it is the one. It is written only to a file, and only on request.
 *
 * @throws UsageError; the reason of the interruption
 */
export async function runEscrowRecover(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const file = given.value('out');
  const [key, database] = await allOf([
    recover(given),
    given.has('verify') ? readDatabase(env) : Promise.resolve(null),
    newFile(file),
  ]);
  if (file !== null) writeKey(file, key);
  const conclusion = concludeRecovery(key.fingerprint, file, database !== null);
  if (database === null) return tell(conclusion, host);
  const output = createOutput(host, false);
  for (const line of [conclusion.headline, ...conclusion.details]) output.say(line);
  const kept = file === null ? null : `the key is in ${file}: delete that file once the key is in your secret store`;
  return verifyTables({ name: 'recovered', key }, database, PLAIN, conclusion.nextSteps, host, kept);
}

const PLAIN: OutputPlan = { json: false, verbose: false, quiet: false, report: null, backup: null };

async function recover(given: Given): Promise<EncryptionKey> {
  const identities = await readIdentities(given.values('identity'), WITH_AGE.recover);
  const shares = await allOf(given.arguments.map((path) => readShareFile(path, identities, WITH_AGE.recover)));
  const problems = setProblems(shares);
  if (problems.length > 0) throw new UsageError(problems);
  return (
    (await recombine(shares.map(({ share }) => share))) ??
    refuse(
      `the shares are whole, but give another key than the one that they name, ${shares[0]?.share.fingerprint}: somebody made one of them by hand`,
      'try other shares of this split, one by one, in the place of these',
    )
  );
}

async function newFile(file: string | null): Promise<void> {
  const problem = file === null ? null : newFileProblem('--out', file);
  if (problem !== null) throw new UsageError([problem]);
}

function writeKey(file: string, key: EncryptionKey): void {
  const bytes = exportKeyBytes(key);
  try {
    createFile(file, `${Buffer.from(bytes.buffer).toString('hex')}\n`);
  } catch (error) {
    throw new UsageError([notCreated('--out', file, error)]);
  } finally {
    bytes.fill(0);
  }
}
