/** What the tool's exit code means; the README has the same table. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  unreadableRows: 3,
  database: 4,
  alreadyRunning: 5,
  notVerified: 6,
  notYet: 7,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** The reason that the host's AbortSignal carries when a signal asks the run to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: StopSignal;
  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}
