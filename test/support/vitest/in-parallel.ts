/**
 * Works through `jobs`, one after the other for each of `workers`: every job gets the worker to itself.
 * After a failure no more jobs are begun; it rejects once those in hand have ended, so that none goes on in the next test.
 */
export async function inParallel<Worker, Job, Result>(
  workers: readonly Worker[],
  jobs: readonly Job[],
  work: (worker: Worker, job: Job) => Promise<Result>,
): Promise<Result[]> {
  const waiting = jobs.map((job, index) => ({ job, index }));
  const results: Result[] = [];
  const failures: unknown[] = [];
  async function labour(worker: Worker): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        results[next.index] = await work(worker, next.job);
      } catch (error) {
        failures.push(error);
        waiting.length = 0;
      }
    }
  }
  await Promise.all(workers.map(labour));
  if (failures.length > 0) throw failures[0];
  return results;
}
