import { DatabaseError } from './database-error.ts';

/** A process that did not run for this long was suspended: no timer is that late otherwise. */
const STOPPED_MS = 20_000;

/** Measures, by a timer that is due every few seconds, how long the process was suspended recently. */
export class Standstill {
  #last: number;
  #gap = 0;
  constructor(now: number) {
    this.#last = now;
  }

  /** To be called whenever the timer fires. */
  tick(now: number): void {
    this.#gap = now - this.#last;
    this.#last = now;
  }

  /** The longer of the last two gaps: the consequence of a suspension may show before the timer fires or after it. */
  milliseconds(now: number): number {
    return Math.max(this.#gap, now - this.#last);
  }
}

/**
 * Says why the lock was lost.
 *
 * @param byIdleLimit - whether the server ended its transaction for being idle: the tool sets that limit, so nobody should lift it
 */
export function lockLost({ message, hint }: DatabaseError, byIdleLimit: boolean, standstillMs: number): DatabaseError {
  const stopped = `this process was suspended for ${Math.round(standstillMs / 1000)} s (did the machine sleep?): `;
  return new DatabaseError(`the lock was lost: ${standstillMs > STOPPED_MS ? stopped : ''}${message}`, byIdleLimit ? null : hint);
}
