import { type Explanation, explainBySqlState, type ServerFailure } from './failure.ts';
import type { DatabaseSettings } from './settings.ts';
import { CHANGED_ON_ITS_WAY } from './swap-sql.ts';

/** Explains the SQLSTATEs that are about a statement, and all others. */
export function explainStatement(failure: ServerFailure, { user }: DatabaseSettings): Explanation {
  const { sqlState, text } = failure;
  if (sqlState === '22P02' && text.includes(CHANGED_ON_ITS_WAY))
    return [
      'a trigger on the table changed the value that the tool sent, or a column that another value is bound to, so the write was undone',
      'disable that trigger during the rotation',
    ];
  const explained = explainBySqlState(failure, {
    '0A000': [
      '',
      'if a rule on the table is the cause, disable it during the rotation: ALTER TABLE … DISABLE RULE …; if a cached plan is the cause, the table was altered during this run; if the server is a standby, point DATABASE_URL at the primary',
    ],
    '23502': [
      '',
      'if it is the column of a key id, the value comes from before the column was NOT NULL: ALTER TABLE … ALTER COLUMN … DROP NOT NULL, run this command again, then rotate, which sets the key ids, and SET NOT NULL again',
    ],
    '40P01': ['the server ended a deadlock with another transaction', null],
    '42501': [`user ${user} lacks a privilege`, grant(failure, user)],
    '55000': [
      '',
      'fix the problem named above; for a missing replica identity: ALTER TABLE … REPLICA IDENTITY FULL, or DEFAULT if the table has a primary key',
    ],
    '55P03': [
      'another transaction held the row or the table for longer than lock_timeout',
      'end that transaction (pg_stat_activity and pg_blocking_pids() name it), or raise the lock_timeout of the role',
    ],
    XX001: [
      'data on the server is corrupted',
      "copy the server's data directory first, then find the damage with verify_heapam() of the extension amcheck, and repair it or restore from a backup; if only an index is damaged, REINDEX it",
    ],
    XX002: [
      'an index on the server is corrupted',
      'check it with bt_index_check() of the extension amcheck, and rebuild it with REINDEX INDEX',
    ],
  });
  if (explained !== null) return explained;
  if (sqlState.startsWith('40')) return [`another transaction changed the same data: ${text}`, null];
  return [text, hintByClass(failure)];
}

function hintByClass({ sqlState, constraint, table, inFunction }: ServerFailure): string {
  if (sqlState === '23503' && constraint !== null)
    return `if constraint ${constraint} refers to encryption_keys, the key of the value is retired or not registered: status shows which it is; otherwise change the data or the constraint so that they agree`;
  if (sqlState.startsWith('23') && constraint !== null) {
    const of = table === null ? '' : ` of table ${table}`;
    const keyId =
      sqlState === '23514'
        ? '; if it says that every value has a key id, drop it, run this command again, then rotate, which sets the key ids, and add it again'
        : '';
    return `change the data or constraint ${constraint}${of} so that they agree${keyId}`;
  }
  if (inFunction !== null)
    return `look into function ${inFunction}, which failed or refused the write, and fix the cause, or disable its trigger during the rotation`;
  if (/^(58|F0|XX)/u.test(sqlState)) return "look for the cause in the server's log";
  return 'fix the problem named above';
}

/** What runs in a trigger needs the privileges of the role that writes: https://www.postgresql.org/docs/current/sql-createfunction.html */
function grant({ inFunction }: ServerFailure, user: string): string {
  const another = 'or use a role that has it in DATABASE_URL';
  if (inFunction === null)
    return `GRANT the missing privilege to user ${user}, ${another}; if it is about row-level security, use the role that owns the table, or one with BYPASSRLS`;
  return `GRANT the missing privilege to user ${user}, ${another}, or make function ${inFunction} SECURITY DEFINER`;
}
