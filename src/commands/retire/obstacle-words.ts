import { type FenceGap, sqlToClose } from '../../database/fence-gaps.ts';
import type { Registry } from '../../database/registry.ts';
import { typed } from '../../report/conclusion.ts';
import type { Words } from '../../report/total.ts';
import { listed, verb } from '../../report/wording.ts';
import { said, untilOver } from '../duration.ts';
import type { Obstacle } from './obstacle.ts';
import type { RetirePlan } from './plan.ts';

/** Says what is in the way. */
export function problem(obstacle: Obstacle, { count }: Words): string[] {
  switch (obstacle.kind) {
    case 'values':
      return [`${count(obstacle.count)} ${verb(obstacle.count, 'is', 'are')} under it`];
    case 'unreadable':
      return [
        `${count(obstacle.count)} can be decrypted by none of the keys that are set: ${verb(obstacle.count, 'it', 'they')} may be under it`,
      ];
    case 'uncommitted':
      return listed(obstacle.transactions.map((transaction) => `a transaction that has written is open: ${transaction}`));
    case 'unregistered':
      return obstacle.values.map(
        ({ table, columns }) =>
          `values under it are in ${columns.map((column) => `${table}.${column}`).join(', ')}, which prisma/schema.prisma does not have`,
      );
    case 'no-registry':
      return [
        'there is no registry of keys: nothing keeps a forgotten service from writing under it again, and nobody can tell since when it is unused',
      ];
    case 'not-in-registry':
      return ['the registry does not have it'];
    case 'read-only':
      return ['this role may not write to the registry'];
    case 'soak':
      return [
        obstacle.since === null
          ? 'no verification before this one found it unused'
          : `it has been unused for ${said(obstacle.ageMs)} only`,
      ];
    case 'escrow':
      return ['nobody has checked whether the key that stays can be recovered if it is lost'];
    case 'gap':
      return [gapProblem(obstacle.gap)];
    case 'named':
      return [`rows${obstacle.table === null ? '' : ` of ${obstacle.table}`} have its key id`];
    case 'locked':
      return ['a transaction that has written under it, or to the registry, is open'];
    default:
      return obstacle satisfies never;
  }
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
  const migration = 'apply prisma/encryption-keys.sql as a migration of your application, as docs/zero-downtime.md shows';
  switch (obstacle.kind) {
    case 'values':
      return [`make sure that no service writes with it, and move them: ${typed('rotate')}`];
    case 'unreadable':
      return [`set key ${fingerprint} as well, behind the others, and see what they are under: ${typed('--dry-run')}`];
    case 'uncommitted':
      return ['wait until those transactions have ended, or end them with the SQL above'];
    case 'unregistered':
      return [`add them to prisma/schema.prisma, with the lines that this prints, and rotate: ${typed('discover')}`];
    case 'no-registry':
      return [migration];
    case 'not-in-registry':
      return [`enter it: ${typed('register')}`];
    case 'read-only':
      return [`GRANT SELECT, INSERT, UPDATE ON ${registry?.name ?? 'encryption_keys'} to it, or use the role that rotates`];
    case 'soak': {
      const left = Math.max(soakMs - obstacle.ageMs, 0);
      return [`wait ${untilOver(left)}, in which every verification has to find it unused (--soak says how long)`];
    }
    case 'escrow':
      return ['have the escrow of the key that stays checked (docs/zero-downtime.md), or accept the risk: --no-escrow'];
    case 'gap': {
      const { kind, field, table } = obstacle.gap;
      if (kind === 'no-key-id')
        return [
          `give ${field} a column of its own for the key id, as prisma/encryption-keys.sql does for its table: in ${table}, and in prisma/schema.prisma (docs/zero-downtime.md)`,
        ];
      const sql = registry === null ? null : sqlToClose(obstacle.gap, registry);
      if (sql === null) return [migration];
      const instead = kind === 'may-be-null' ? ' (where values may be null, docs/zero-downtime.md has a check instead)' : '';
      return [`in a migration of your application: ${sql}${instead}`];
    }
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
