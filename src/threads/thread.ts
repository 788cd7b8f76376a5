// Runs on a worker thread, which has nothing but keys, layouts and the rows that it is sent.
import { parentPort } from 'node:worker_threads';
import { createLayout } from '../layout/layout.ts';
import { createPlanner } from '../rotation/planner.ts';
import { createSurveyor } from '../rotation/survey-page.ts';
import type { Task, ThreadJob, ThreadMessage } from './threads.ts';

type Work = Readonly<Record<Task['kind'], (page: Task['page']) => unknown>>;

const jobs = new Map<number, Work>();

parentPort?.on('message', (message: ThreadMessage) => {
  if (message.kind === 'job') jobs.set(message.job, workOn(message));
  else parentPort?.postMessage({ task: message.task, result: jobs.get(message.job)?.[message.kind](message.page) });
});

function workOn({ ring, layout: definition, digestKey }: ThreadJob): Work {
  const layout = createLayout(definition);
  const plan = createPlanner({ ring, layout });
  return {
    survey: createSurveyor({ ring, layout, digestKey }),
    plan: (page) => page.map(({ stored }) => plan(stored)),
  };
}
