import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { readTarget } from '../../config/keys.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { allOf } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { readOutputPlan } from '../output-plan.ts';
import { verifyTables } from '../verification.ts';

/** Decrypts every row with the target key alone. @throws UsageError */
export async function runVerify(given: Given, host: Host): Promise<ExitCode> {
  const env = withEnvFile(host.env, given.value('env'));
  const [target, database, outputPlan] = await allOf([
    readTarget(env, host.interruption),
    readDatabase(env),
    readOutputPlan(given),
  ]);
  return verifyTables(target, database, outputPlan, null, host);
}
