import { readDatabaseIfSet } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { explain } from '../../database/explain.ts';
import type { Share } from '../../escrow/share.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { stoppedBy } from '../../report/stopped-by.ts';
import { createOutput } from '../../terminal/output.ts';
import { allOf, refuse } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { concludeCheck } from './conclusion.ts';
import { readIdentities, readShareFile, readShareFromStdin, WITH_AGE } from './read-shares.ts';
import { recordCheck } from './record.ts';
import { tell } from './tell.ts';

/**
 * Checks one share, and shows nothing of it. With a database, the check is recorded.
 *
 * @throws UsageError; the reason of the interruption
 */
export async function runEscrowCheck(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const [identities, database] = await allOf([readIdentities(given.values('identity'), WITH_AGE.check), readDatabaseIfSet(env)]);
  const { digests, ...share } = await readShare(given.argument, identities, host);
  const checked = { ...share, total: digests.length };
  if (database === null) return tell(concludeCheck(checked, []), host);
  const output = createOutput(host, false);
  try {
    const recorded = await recordCheck(checked, database, host, output);
    return tell(concludeCheck(checked, [recorded]), host);
  } catch (error) {
    tell(concludeCheck(checked, []), host);
    const cause: unknown = host.interruption.aborted ? host.interruption.reason : explain(error, database);
    const { exitCode, headline, nextSteps } = stoppedBy(cause, 'check the share again');
    output.error({ message: `the check was not recorded: ${headline}`, hint: nextSteps.join('; ') });
    return exitCode;
  }
}

async function readShare(file: string, identities: readonly string[], host: Host): Promise<Share> {
  if (file !== '') return (await readShareFile(file, identities, WITH_AGE.check)).share;
  if (host.stdin().isTTY === true) refuse('stdin is a terminal, which would show the share', `name a FILE, or ${WITH_AGE.check}`);
  return readShareFromStdin(host, identities);
}
