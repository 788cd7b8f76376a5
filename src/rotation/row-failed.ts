import type { RowProblem } from './result.ts';

/** A row that cannot be rotated: the rows before it are rotated, and of the rows after it only those beyond. */
export class RowFailed extends Error {
  override readonly name = 'RowFailed';
  readonly field: string;
  readonly id: string;
  readonly why: RowProblem;
  /** The ids of later rows that were written at the same time, on other connections. */
  readonly beyond: readonly string[];
  constructor(field: string, id: string, why: RowProblem, beyond: readonly string[] = []) {
    super(`row ${id} cannot be rotated: ${why.kind}`);
    this.field = field;
    this.id = id;
    this.why = why;
    this.beyond = beyond;
  }

  with(beyond: readonly string[]): RowFailed {
    return new RowFailed(this.field, this.id, this.why, beyond);
  }
}
