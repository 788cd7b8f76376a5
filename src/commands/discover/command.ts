import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { type GivenKey, readGivenKeys } from '../../config/keys.ts';
import type { DatabaseSettings } from '../../database/settings.ts';
import { withPool } from '../../database/with-pool.ts';
import type { Conclusion } from '../../report/conclusion.ts';
import { EXIT, type ExitCode } from '../../report/exit-code.ts';
import { stoppedBy } from '../../report/stopped-by.ts';
import { createOutput, type Output } from '../../terminal/output.ts';
import { printable } from '../../text/printable.ts';
import { allOf } from '../../text/problem.ts';
import { warnIfUnencrypted } from '../announce.ts';
import type { Given, Host } from '../command.ts';
import { keysLine } from '../given-ring.ts';
import { notReadLines, type Search, searchTables, THOROUGH } from '../search.ts';
import { BLIND_SPOT, conclude, said } from './conclusion.ts';
import { schemaText } from './models.ts';

/** Finds the columns that hold values under the keys, and prints the lines for prisma/schema.prisma. @throws UsageError */
export async function runDiscover(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const [keys, database] = await allOf([readGivenKeys(env, host.interruption), readDatabase(env)]);
  const output = createOutput(host, false);
  announce(keys, database, host, output);
  try {
    const search = await withPool(
      database,
      host.interruption,
      (text) => output.warn(`the server warns: ${text}`),
      (pool) =>
        searchTables(
          pool,
          database,
          keys.map(({ key }) => key),
          host.encryptedFields,
          THOROUGH,
          host.interruption,
        ),
    );
    tell(search, output);
    const possible = search.unregistered.filter(({ problem }) => problem === null);
    if (possible.length > 0) output.result(printableLines(schemaText(possible, host.encryptedFields, database.schema)));
    return end(conclude(search), output);
  } catch (error) {
    const cause: unknown = host.interruption.aborted ? host.interruption.reason : error;
    return end({ ...stoppedBy(cause, 'run the same command again'), details: [] }, output);
  }
}

function announce(keys: readonly GivenKey[], database: DatabaseSettings, { env }: Host, output: Output): void {
  const { host, port, name, user, schema } = database;
  warnIfUnencrypted(database, env, output);
  output.say(`database: ${name} on ${host}:${port}, schema ${schema}, as user ${user}`);
  output.say(keysLine(keys.map(({ name: called, key: { fingerprint } }) => ({ name: called, fingerprint }))));
}

function tell({ registered, notRead, tables, rows }: Search, output: Output): void {
  for (const value of registered) output.say(`registered already: ${said(value)}`);
  for (const line of notReadLines(notRead, 'empty')) output.say(`nothing to search: ${line}`);
  for (const line of notReadLines(notRead, 'unread')) output.warn(`not searched: ${line}`);
  output.say(`sampled: ${rows} rows of ${tables} tables, up to ${THOROUGH.rows * 2} of each`);
  output.say(BLIND_SPOT);
}

function end({ exitCode, headline, details, nextSteps }: Conclusion, output: Output): ExitCode {
  for (const line of details) output.say(line);
  if (exitCode === EXIT.done) for (const line of [headline, ...nextSteps]) output.say(line);
  else output.error({ message: headline, hint: nextSteps.join('; ') });
  return exitCode;
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
