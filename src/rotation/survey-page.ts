import type { KeyObject } from 'node:crypto';
import { type KeyRing, keysOf } from '../crypto/key-ring.ts';
import type { Layout } from '../layout/layout.ts';
import type { UnreadableRow } from './census.ts';
import { createJudge } from './judge.ts';
import { PlaintextDigest } from './plaintext-digest.ts';
import type { Row } from './store.ts';

/** What decrypting one page found. */
export interface PageSurvey {
  /** The places in the page of rows that hold no value. */
  readonly withoutValue: readonly number[];
  /** See Census. */
  readonly misnamed: number;
  /** Rows that each key opens, in the order of `keysOf`. */
  readonly under: readonly number[];
  readonly unreadable: readonly UnreadableRow[];
  /** The ids of rows under a source key. */
  readonly sourceIds: readonly string[];
  /** Of all readable (id, plaintext) pairs: see PlaintextDigest. */
  readonly digest: bigint;
}

export interface SurveyorOptions {
  readonly ring: KeyRing;
  readonly layout: Layout;
  readonly digestKey: KeyObject;
}

/** Makes the function that decrypts every row of a page once. */
export function createSurveyor({ ring, layout, digestKey }: SurveyorOptions): (page: readonly Row[]) => PageSurvey {
  const judge = createJudge(ring, layout);
  const places = new Map(keysOf(ring).map((key, place) => [key, place]));
  return (page) => {
    const digest = new PlaintextDigest(digestKey);
    const under = Array.from({ length: places.size }, () => 0);
    const withoutValue: number[] = [];
    const unreadable: UnreadableRow[] = [];
    const sourceIds: string[] = [];
    let misnamed = 0;
    for (const [index, { id, stored }] of page.entries()) {
      const judged = judge(stored);
      if (judged.kind === 'unreadable') {
        unreadable.push({ id, why: judged.why });
        continue;
      }
      if (judged.kind === 'no-value') {
        withoutValue.push(index);
        if (!judged.isNamed) misnamed += 1;
        continue;
      }
      const place = Number(places.get(judged.key));
      under[place] = Number(under[place]) + 1;
      if (judged.key !== ring.target) sourceIds.push(id);
      else if (!judged.isNamed) misnamed += 1;
      digest.add(id, judged.plaintext);
      judged.plaintext.fill(0);
    }
    return { withoutValue, misnamed, under, unreadable, sourceIds, digest: digest.sum };
  };
}
