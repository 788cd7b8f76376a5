import { type FenceGap, sqlToClose } from '../../database/fence-gaps.ts';
import type { Registry } from '../../database/registry.ts';
import { typed } from '../../report/conclusion.ts';
import type { Words } from '../../report/total.ts';
import { enumerated, listed, verb } from '../../report/wording.ts';
import { dayOf, minuteAfter, said } from '../time-words.ts';
import { ESCROW_CHECK_MS, type Obstacle } from './obstacle.ts';
import type { RetirePlan } from './plan.ts';

/** Of the target key, which is then the only one that is left. A threshold of shares proves nothing about the others. */
const NOT_CHECKED =
  'it is not recorded that all shares of the key in use were checked: nobody knows whether it can be recovered if it is lost';

/** Says what is in the way. */
export function problem(obstacle: Obstacle, { count }: Words): string[] {
  switch (obstacle.kind) {
    case 'values':
      return [`${count(obstacle.count)} ${verb(obstacle.count, 'is', 'are')} under it`];
    case 'unreadable':
      return [unreadableProblem(obstacle.count, obstacle.isSet, count)];
    case 'uncommitted':
      return listed(obstacle.transactions.map((transaction) => `a transaction that has written is open: ${transaction}`));
    case 'unregistered':
      return obstacle.values.map(
        ({ table, columns }) =>
          `values under it are in ${columns.map((column) => `${table}.${column}`).join(', ')}, which prisma/schema.prisma does not have`,
      );
    case 'not-read':
      return obstacle.columns.map(
        (column) =>
          `${column} names keys of the registry, but prisma/schema.prisma does not have it: nobody read the values beside it`,
      );
    case 'no-registry':
      return [
        obstacle.problem === null
          ? 'there is no registry of keys: nothing keeps a forgotten service from writing under it again, and nobody can tell since when it is unused'
          : `${obstacle.problem.message}, so nobody can tell since when it is unused`,
      ];
    case 'not-in-registry':
      return ['the registry does not have it'];
    case 'read-only':
      return [`user ${obstacle.user} may not write to the registry`];
    case 'soak':
      return [
        obstacle.since === null
          ? 'no verification before this one found it unused'
          : `it has been unused for ${said(obstacle.ageMs)}`,
      ];
    case 'escrow':
      return [
        obstacle.checkedAt === null
          ? NOT_CHECKED
          : `a share of the key in use was last checked on ${dayOf(obstacle.checkedAt)}: more than ${said(ESCROW_CHECK_MS)} ago`,
      ];
    case 'gap':
      return [gapProblem(obstacle.gap)];
    case 'named':
      return [`rows${obstacle.table === null ? '' : ` of ${obstacle.table}`} have its key id`];
    case 'locked':
      return ['an open transaction has written under it, or has locked the registry or a table that refers to it'];
    default:
      return obstacle satisfies never;
  }
}

function unreadableProblem(values: number, isSet: boolean, count: Words['count']): string {
  const none = `${count(values)} can be decrypted by none of the keys that are set`;
  return isSet ? none : `${none}: ${verb(values, 'it', 'they')} may be under it`;
}

function gapProblem({ field, table, column, kind }: FenceGap): string {
  switch (kind) {
    case 'no-key-id':
      return `${field} has no column for the key id, so PostgreSQL cannot tell what is written under which key`;
    case 'may-be-null':
      return `${column} of ${table} may be null, so a write that names no key is not refused`;
    case 'no-foreign-key':
      return `${column} of ${table} has no foreign key to the registry that is in force, so no write is refused`;
    case 'not-generated':
      return 'the column active of the registry is an ordinary one: retiring a key does not change it';
    default:
      return kind satisfies never;
  }
}

/** Says what to do about it. */
export function advice(obstacle: Obstacle, { fingerprint, soakMs }: RetirePlan, registry: Registry | null): string[] {
  switch (obstacle.kind) {
    case 'values':
      return [`make sure that no service writes with it, and move them: ${typed('rotate')}`];
    case 'unreadable':
      return [
        obstacle.isSet
          ? `see which these are: ${typed('--dry-run')}`
          : `set key ${fingerprint} as well, behind the others, and see what they are under: ${typed('--dry-run')}`,
      ];
    case 'uncommitted':
      return ['wait until those transactions have ended, or end them with the SQL above'];
    case 'unregistered':
      return [`add them to prisma/schema.prisma, with the lines that this prints, and rotate: ${typed('discover')}`];
    case 'not-read':
      return [
        `add ${enumerated(obstacle.columns)} to prisma/schema.prisma with {keyId}, and the value beside it (docs/adapting.md), then rotate: ${typed('rotate')}`,
      ];
    case 'no-registry':
      return [
        obstacle.problem?.hint ??
          'apply prisma/encryption-keys.sql as a migration of your application, as docs/zero-downtime.md shows',
      ];
    case 'not-in-registry':
      return [`enter it: ${typed('register')}`];
    case 'read-only':
      return [`${obstacle.grant}, or use the role that rotates`];
    case 'soak': {
      const { since } = obstacle;
      const wait =
        since === null
          ? `once a verification has found it unused, wait ${said(soakMs)} (--soak)`
          : `wait until ${minuteAfter(new Date(since.getTime() + soakMs))} (--soak)`;
      return [`${wait}: every verification until then has to find it unused`];
    }
    case 'escrow':
      return [
        'have every custodian check their share of the key in use, so that it is recorded (docs/escrow.md, "Checks in the registry"), or accept the risk: --no-escrow',
      ];
    case 'gap':
      return [gapAdvice(obstacle.gap, registry)];
    case 'named':
      return [
        `correct the key ids: ${typed('rotate')}; those of a table that prisma/schema.prisma does not have: add it there, with the lines that ${typed('discover')} prints, or correct them by hand`,
      ];
    case 'locked':
      return ['wait until it has ended; pg_stat_activity shows the transactions that are open'];
    default:
      return obstacle satisfies never;
  }
}

function gapAdvice(gap: FenceGap, registry: Registry | null): string {
  if (gap.kind === 'no-key-id')
    return `add a key id to ${gap.field}, in the database and in prisma/schema.prisma, as docs/zero-downtime.md shows`;
  const sql = registry === null ? null : sqlToClose(gap, registry);
  if (sql === null)
    return 'in a migration of your application, make the column active of the registry a generated one, as prisma/encryption-keys.sql does';
  const slowly =
    gap.kind === 'may-be-null' ? ' (for a large table in two migrations: docs/zero-downtime.md, "Close the gap")' : '';
  return `in a migration of your application: ${sql}${slowly}`;
}
