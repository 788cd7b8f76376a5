import type { Besides, RowFailure, RowProblem } from './write-failure.ts';

/** What is known of other writes where there is one at a time. */
export const NOTHING_BESIDES: Besides = { others: [], beyond: [] };

/** A row that cannot be rotated. `besides` says what became of the writes that were under way. */
export class RowFailed extends Error {
  override readonly name = 'RowFailed';
  readonly field: string;
  readonly failure: RowFailure;
  readonly besides: Besides;
  constructor(field: string, id: string, why: RowProblem, besides = NOTHING_BESIDES) {
    super(`row ${id} cannot be rotated: ${why.kind}`);
    this.field = field;
    this.failure = { kind: 'row-failed', id, why };
    this.besides = besides;
  }

  with(besides: Besides): RowFailed {
    return new RowFailed(this.field, this.failure.id, this.failure.why, besides);
  }
}
