import type { LayoutDefinition } from '../layout/template.ts';
import { DatabaseError } from './database-error.ts';
import type { ColumnDescription, Description } from './describe-table.ts';
import { quote } from './own-names.ts';
import { TEXT_TYPES } from './value-column.ts';

/** What a run is going to do with the table: `look` promises nothing of later, and gets in nobody's way. */
export type Access = 'look' | 'verify' | 'rehearse' | 'write';

const NUMBER_TYPES = ['smallint', 'integer', 'bigint'];
const ID_TYPES = [...TEXT_TYPES, ...NUMBER_TYPES, 'uuid'];
const FINGERPRINT_CHARACTERS = 16;
/** What a column can be, by what schema.prisma says that it holds, and what an operator is told of that. */
const TYPES_FOR = {
  text: [TEXT_TYPES, 'text: a String can be of type text, varchar or char'],
  bytes: [['bytea'], 'bytea: Bytes are of that type'],
  json: [['json', 'jsonb', ...TEXT_TYPES], 'json: a JSON object can be of type json, jsonb, text, varchar or char'],
  'key-id': [TEXT_TYPES, 'text: the id of a key is text'],
  bound: [ID_TYPES, 'text, uuid or a whole number, of which associated data can be made'],
} as const;

export function requireColumn({ columns }: Description, name: string, label: string): ColumnDescription {
  const match = columns.find((column) => column.name === name);
  if (match !== undefined) return match;
  const hint = 'check the database in DATABASE_URL, and the @map lines in prisma/schema.prisma';
  throw new DatabaseError(`table ${label} has no column ${name}`, hint);
}

export function checkTable({ is_table, parent }: Description, label: string): void {
  if (!is_table) throw new DatabaseError(`${label} is not a table`, 'name the table itself in prisma/schema.prisma');
  if (parent === null) return;
  const hint = `name the parent with @@map in prisma/schema.prisma: ${parent}`;
  throw new DatabaseError(`${label} is a partition or child table of ${parent}, and holds only some of its rows`, hint);
}

export function checkId(id: ColumnDescription, label: string): void {
  // Rows are named and written by their id: a row with another's id, or with none, could not be.
  if (!id.is_unique || !id.not_null) {
    const hint = 'name the column of the primary key with @map in prisma/schema.prisma, or ADD PRIMARY KEY on it alone';
    throw new DatabaseError(`column ${id.name} of ${label} is not unique and NOT NULL, so rows could be missed`, hint);
  }
  if (!ID_TYPES.includes(id.base_type)) {
    const hint =
      'ids can be text, varchar, char, uuid or whole numbers: name a unique column of such a type as the id in prisma/schema.prisma';
    throw new DatabaseError(`column ${id.name} of ${label} is ${id.type}, which the tool cannot page through`, hint);
  }
}

/** @param kind - what schema.prisma says that the column holds; `bound`: it is only a part of the associated data */
export function checkColumn(
  { name, type, base_type, is_generated, max_characters }: ColumnDescription,
  kind: LayoutDefinition['columns'][number]['kind'] | 'bound',
  label: string,
): void {
  if (is_generated && kind !== 'bound') {
    const hint = 'name the column that it is made of in prisma/schema.prisma, or make it an ordinary one with DROP EXPRESSION';
    throw new DatabaseError(`column ${name} of ${label} is generated from others, so nothing can be written to it`, hint);
  }
  const [types, expected] = TYPES_FOR[kind];
  const isTooShort = kind === 'key-id' && max_characters !== null && max_characters < FINGERPRINT_CHARACTERS;
  if (isTooShort) {
    const hint = `a fingerprint has ${FINGERPRINT_CHARACTERS} characters: make the column longer`;
    throw new DatabaseError(`column ${name} of ${label} holds ${max_characters} characters at most`, hint);
  }
  if (types.some((each) => each === base_type)) return;
  const hint = 'change the column, or what prisma/schema.prisma says of it';
  throw new DatabaseError(`column ${name} of ${label} is ${type}, not ${expected}`, hint);
}

export function checkRights(
  { role, row_security, is_standby, read_only, may_wait_for_disk }: Description,
  read: readonly ColumnDescription[],
  written: readonly ColumnDescription[],
  database: string,
  name: string,
  label: string,
  access: Access,
): void {
  const grant = `GRANT SELECT, UPDATE ON ${name} TO ${quote(role)}`;
  const unread = read.find(({ may_select }) => !may_select);
  if (unread !== undefined) throw new DatabaseError(`user ${role} may not SELECT column ${unread.name} of ${label}`, grant);
  if (row_security) throw hiddenRows(label, role);
  const proves = access === 'verify' || access === 'write';
  if (is_standby && proves) {
    const hint = 'point DATABASE_URL at the primary (on a standby, only --dry-run and status work)';
    throw new DatabaseError(`database ${database} is on a standby, which may lag behind and accepts no writes`, hint);
  }
  if (!may_wait_for_disk && proves) {
    const hint = `GRANT EXECUTE ON FUNCTION pg_logical_emit_message TO ${quote(role)}: the tool commits such a message to make sure that all writes are on disk`;
    throw new DatabaseError(`user ${role} may not execute pg_logical_emit_message`, hint);
  }
  if (access === 'verify' || access === 'look') return;
  if (read_only && !is_standby) {
    const hint = 'the role or the database has default_transaction_read_only = on: use another role';
    throw new DatabaseError(`database ${database} is read-only for user ${role}`, hint);
  }
  const unwritten = written.find(({ may_update }) => !may_update);
  if (unwritten !== undefined) throw new DatabaseError(`user ${role} may not UPDATE column ${unwritten.name} of ${label}`, grant);
}

/** @returns the error for a table whose policies hide rows */
export function hiddenRows(label: string, role: string): DatabaseError {
  const hint = 'use the role that owns the table, or one with BYPASSRLS, so that no row is missed';
  return new DatabaseError(`row-level security hides rows of ${label} from user ${role}`, hint);
}
