import { readDatabase } from '../../config/database.ts';
import { withEnvFile } from '../../config/environment.ts';
import { isUsable, type Registry } from '../../database/registry.ts';
import type { ExitCode } from '../../report/exit-code.ts';
import { keyWords } from '../../report/key-words.ts';
import { wordsFor } from '../../report/total.ts';
import { allOf } from '../../text/problem.ts';
import type { Given, Host } from '../command.ts';
import { keysLine } from '../given-ring.ts';
import { readOutputPlan } from '../output-plan.ts';
import { runOnTables, type TableRun } from '../table-run.ts';
import type { KnownKeys } from './conclusion.ts';
import type { Ending } from './ending.ts';
import { outcome } from './outcome.ts';
import { type RotationKeys, readRotatePlan, readRotationKeys } from './plan.ts';

/** Preflight, rotate, verify. @throws UsageError */
export async function runRotate(given: Given, host: Host): Promise<ExitCode> {
  // Much of the code, for which nothing waits until the tables are open.
  const loading = Promise.all([import('./rotate-tables.ts'), import('./conclusion.ts')]);
  loading.catch(() => {});
  const env = withEnvFile(host.env, given.value('env'));
  const plan = await readRotatePlan(given);
  const [keys, database, outputPlan] = await allOf([
    readRotationKeys(env, plan, host.interruption),
    readDatabase(env),
    readOutputPlan(given),
  ]);
  const { target, sources } = keyWords(keys.named);
  const direction = `direction: back from ${sources} to ${target}`;
  const run: TableRun<Ending> = {
    ...{
      command: 'rotate',
      access: plan.dryRun ? 'rehearse' : 'write',
      writers: plan.connections,
      database,
      keys: keys.named,
      outputPlan,
      outcome,
    },
    announcement: [...(plan.rollback ? [direction] : []), keysLine(keys.named)],
    reason: plan.reason,
    work: async (opened, options, author) => {
      const [{ rotateTables }] = await loading;
      return rotateTables({ plan, keys, settings: database, opened, host, options, author });
    },
    notStarted: (cause) => ({ kind: 'stopped', phase: null, cause, reached: [], onDisk: 'confirmed' }),
    conclude: async (ending, registry) => {
      const [, { conclude }] = await loading;
      return conclude(ending, plan, keys.named, wordsFor(host.encryptedFields.length), knownKeys(keys, registry));
    },
  };
  return runOnTables(run, host);
}

function knownKeys({ ring, named }: RotationKeys, registry: Registry | null): KnownKeys | null {
  if (!isUsable(registry)) return null;
  const entryOf = (fingerprint: string) => registry.entries.get(fingerprint);
  return {
    toRetire: named.filter(({ role, fingerprint }) => role === 'source' && entryOf(fingerprint)?.retired_at == null),
    wasUsed: entryOf(ring.target.fingerprint)?.activated_at != null,
  };
}
