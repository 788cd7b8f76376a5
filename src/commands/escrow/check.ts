import { withEnvFile } from '../../config/environment.ts';
import type { Share } from '../../escrow/share.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { createOutput } from '../../terminal/output.ts';
import type { Given, Host } from '../command.ts';
import { concludeCheck } from './conclusion.ts';
import { readIdentities, readShareFile, readShareFromStdin } from './read-shares.ts';
import { tell } from './tell.ts';

/**
 * Checks one share, and shows nothing of it.
 *
 * @throws UsageError; the reason of the interruption
 */
export async function runEscrowCheck(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const identities = await readIdentities(given.values('identity'));
  const share = await readShare(given.argument, identities, host);
  const { fingerprint, splitId, number, threshold, digests } = share;
  return tell(concludeCheck({ fingerprint, splitId, number, threshold, total: digests.length, recorded: [] }), host);
}

async function readShare(file: string, identities: readonly string[], host: Host): Promise<Share> {
  if (file !== '') return (await readShareFile(file, identities)).share;
  if (host.stdin().isTTY === true) createOutput(host, false).say('paste the share, then press Ctrl-D');
  return readShareFromStdin(host, identities);
}
