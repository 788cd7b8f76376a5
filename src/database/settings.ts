/** Where the table is, and how long to wait for it. */
export interface DatabaseSettings {
  /** `postgres://` or `postgresql://`, with the password: never print it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  /** The PostgreSQL schema that the table is in. */
  readonly schema: string;
  readonly connectTimeoutMs: number;
  /** How long any one statement may take to be answered. */
  readonly statementTimeoutMs: number;
}
