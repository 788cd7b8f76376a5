import process from 'node:process';

/** Forgets PGSSLMODE and the like, which pg would follow on its way to a server that these were never meant for. */
export function forgetPgVariables(): void {
  for (const name of Object.keys(process.env).filter((each) => each.startsWith('PG'))) delete process.env[name];
}
