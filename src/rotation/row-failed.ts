import type { RowProblem } from './result.ts';

/** A row that cannot be rotated: the rows before it are rotated, the rows after it are untouched. */
export class RowFailed extends Error {
  override readonly name = 'RowFailed';
  readonly field: string;
  readonly id: string;
  readonly why: RowProblem;
  constructor(field: string, id: string, why: RowProblem) {
    super(`row ${id} cannot be rotated: ${why.kind}`);
    this.field = field;
    this.id = id;
    this.why = why;
  }
}
