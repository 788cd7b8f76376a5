import type { KeyObject } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { KeyRing } from '../crypto/key-ring.ts';
import type { Layout } from '../layout/layout.ts';
import { createPlanner, type Plan } from './planner.ts';
import type { Row } from './store.ts';
import { createSurveyor, type PageSurvey } from './survey-page.ts';

/** The decryption and re-encryption of the values of one field, a page at a time. */
export interface ValueWork {
  /** How many pages it can work on at once. */
  readonly pagesAtOnce: number;
  /** Decrypts every row. */
  survey(page: readonly Row[]): Promise<PageSurvey>;
  /** Decrypts every row, and re-encrypts what is not under the target key. @returns what each row needs, in the order of the page */
  plan(page: readonly Row[]): Promise<readonly Plan[]>;
}

/** What does the work beside the thread of the caller. */
export interface Workers {
  workOn(options: ValueWorkOptions): ValueWork;
  end(): Promise<void>;
}

export interface ValueWorkOptions {
  readonly ring: KeyRing;
  readonly layout: Layout;
  readonly digestKey: KeyObject;
}

/** Rows that are re-encrypted before answers of the database get a turn. */
const SLICE_ROWS = 16;

/** On the thread of the caller. */
export function createValueWork(options: ValueWorkOptions): ValueWork {
  const survey = createSurveyor(options);
  const plan = createPlanner(options);
  return {
    pagesAtOnce: 1,
    survey: async (page) => survey(page),
    async plan(page) {
      const plans: Plan[] = [];
      for (let from = 0; from < page.length; from += SLICE_ROWS) {
        for (const { stored } of page.slice(from, from + SLICE_ROWS)) plans.push(plan(stored));
        await setImmediate();
      }
      return plans;
    },
  };
}
