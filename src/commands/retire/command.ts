import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { wordsFor } from '../../report/total.ts';
import { createOutput } from '../../terminal/output.ts';
import { allOf } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { keysLine } from '../given-ring.ts';
import { readOutputPlan, repeated } from '../output-plan.ts';
import { runOnTables, type TableRun } from '../table-run.ts';
import { conclude } from './conclusion.ts';
import { outcome, type RetireEnding } from './ending.ts';
import { readRetireKeys, readRetirePlan } from './plan.ts';
import { retire } from './retire.ts';

/** Proves that a key is not used, makes PostgreSQL refuse it from then on, and records that. @throws UsageError */
export async function runRetire(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const plan = await readRetirePlan(given);
  const [keys, database, outputPlan] = await allOf([
    readRetireKeys(env, plan, host.interruption),
    readDatabase(env),
    readOutputPlan(given),
  ]);
  const output = createOutput(host, false);
  const words = wordsFor(host.encryptedFields.length);
  const again = repeated({ ...outputPlan, backup: null });
  const run: TableRun<RetireEnding> = {
    ...{ command: 'retire', access: 'verify', database, keys: keys.named, outputPlan, outcome, reason: plan.reason },
    announcement: [keysLine(keys.named)],
    work: (opened, options, author) => retire({ plan, keys, settings: database, opened, host, options, author, output }),
    conclude: (ending, registry) => conclude(ending, plan, keys.named, words, registry, again),
    notStarted: (cause) => ({ kind: 'stopped', phase: null, cause, reached: null, retirement: 'none' }),
  };
  return runOnTables(run, host);
}
