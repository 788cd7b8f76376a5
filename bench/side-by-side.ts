import type { Contestant, Measurement } from './contestants.ts';
import type { Dataset } from './dataset.ts';
import { type Spread, spread } from './spread.ts';

/** What one contestant came to, with one number of rows. */
export interface Score {
  readonly letter: Contestant['letter'];
  readonly label: string;
  readonly batchSize: number | null;
  readonly rows: number;
  readonly whole: Timing | null;
  /** The writing alone: of this tool the rotate phase, as its report tells. */
  readonly write: Timing | null;
  readonly peakMegabytes: Spread | null;
}

export interface Timing {
  readonly seconds: Spread;
  readonly rowsPerSecond: Spread;
}

/** One contestant and the rows that it works on. */
export interface Entry {
  readonly contestant: Contestant;
  readonly dataset: Dataset;
}

/**
 * Measures every entry once per round, in turn, so that whatever slows the machine for a while slows all of them.
 *
 * @param say - is told what is being measured
 */
export async function measureInTurn(
  entries: readonly Entry[],
  rounds: number,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Score[]> {
  const measurements = new Map<Entry, Measurement[]>(entries.map((entry) => [entry, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [entry, done] of measurements) {
      const { contestant, dataset } = entry;
      signal.throwIfAborted();
      await dataset.reset();
      const measurement = await contestant.measure(dataset, signal);
      if (contestant.letter !== 'e') await dataset.expectRotated();
      done.push(measurement);
      const seconds = measurement.wholeSeconds ?? measurement.writeSeconds ?? 0;
      say(`round ${round} of ${rounds}: ${contestant.label}, ${dataset.rows} rows: ${seconds.toFixed(2)} s`);
    }
  }
  return [...measurements].map(([entry, done]) => score(entry, done));
}

function score({ contestant, dataset }: Entry, measurements: readonly Measurement[]): Score {
  const { letter, label, batchSize } = contestant;
  const known = (pick: (each: Measurement) => number | null) => measurements.map(pick).filter((value) => value !== null);
  const timing = (seconds: readonly number[]): Timing | null =>
    seconds.length === 0 ? null : { seconds: spread(seconds), rowsPerSecond: spread(seconds.map((each) => dataset.rows / each)) };
  const peaks = known(({ peakMegabytes }) => peakMegabytes);
  return {
    letter,
    label,
    batchSize,
    rows: dataset.rows,
    whole: timing(known(({ wholeSeconds }) => wholeSeconds)),
    write: timing(known(({ writeSeconds }) => writeSeconds)),
    peakMegabytes: peaks.length === 0 ? null : spread(peaks),
  };
}
