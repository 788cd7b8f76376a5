import type { Environment } from '../config/environment.ts';
import type { Access } from '../database/check-table.ts';
import { unencryptedTo } from '../database/connection-url.ts';
import type { DatabaseSettings } from '../database/settings.ts';
import type { InspectedField } from '../database/table.ts';
import { verb } from '../report/wording.ts';
import type { Output } from '../terminal/output.ts';

/** Warns if passwords and values would cross a network as they are. */
export function warnIfUnencrypted(database: DatabaseSettings, env: Environment, output: Output): void {
  const unencrypted = unencryptedTo(database, env['PGSSLMODE']);
  if (unencrypted !== null)
    output.warn(`the connection to ${unencrypted} is not encrypted: add sslmode=verify-full to DATABASE_URL`);
}

/** Says which tables a run works on, and what is special about them. */
export function announce(
  fields: readonly InspectedField[],
  database: DatabaseSettings,
  access: Access,
  lines: readonly string[],
  output: Output,
): void {
  const { host, port, name, user } = database;
  const tables = [...new Map(fields.map(({ table }) => [table.oid, table])).values()];
  const labels = `${verb(tables.length, 'table', 'tables')}: ${tables.map(({ label }) => label).join(', ')}`;
  for (const line of [`database: ${name} on ${host}:${port}, as user ${user}`, labels, ...lines]) output.say(line);
  if (tables.some(({ isStandby }) => isStandby))
    output.warn(
      access === 'look'
        ? 'this server is a standby: it may lag behind, and does not show whether a rotation is running on the primary'
        : 'this server is a standby: it may lag behind; a real run has to connect to the primary',
    );
  for (const { label, sideEffects } of access === 'verify' || access === 'look' ? [] : tables) {
    if (sideEffects.length === 0) continue;
    const on = tables.length === 1 ? 'the table' : label;
    output.warn(
      `triggers and rules on ${on} may change what is written, other columns or other tables: ${sideEffects.join(', ')}`,
    );
  }
}
