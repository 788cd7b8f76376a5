import type { Connection } from './connection-url.ts';

/** Where the table is, and how long to wait for it. */
export interface DatabaseSettings extends Connection {
  /** The PostgreSQL schema that the table is in. */
  readonly schema: string;
  readonly connectTimeoutMs: number;
  /** How long any one statement may take to be answered. */
  readonly statementTimeoutMs: number;
}
