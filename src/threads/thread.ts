// Runs on a worker thread, which has nothing but keys, layouts and the rows that it is sent.
import { parentPort } from 'node:worker_threads';
import { createLayout } from '../layout/layout.ts';
import { createPlanner } from '../rotation/planner.ts';
import { createSurveyor } from '../rotation/survey-page.ts';
import type { Answer, Results, Task, ThreadJob, ThreadMessage } from './threads.ts';

type Work = (task: Task) => Partial<Results>;

const jobs = new Map<number, Work>();

parentPort?.on('message', (message: ThreadMessage) => {
  if (message.kind === 'job') jobs.set(message.job, workOn(message));
  else {
    const answer: Answer = { task: message.task, result: jobs.get(message.job)?.(message) ?? {} };
    parentPort?.postMessage(answer);
  }
});

function workOn({ ring, layout: definition, digestKey }: ThreadJob): Work {
  const layout = createLayout(definition);
  const survey = createSurveyor({ ring, layout, digestKey });
  const plan = createPlanner({ ring, layout });
  return ({ kind, page }) => (kind === 'survey' ? { survey: survey(page) } : { plan: page.map(({ stored }) => plan(stored)) });
}
