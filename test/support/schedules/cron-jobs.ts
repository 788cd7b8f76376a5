import { z } from 'zod';
import { readExample, readYaml } from './examples.ts';

const cronJob = z.object({
  spec: z.object({
    schedule: z.string(),
    concurrencyPolicy: z.string(),
    jobTemplate: z.object({
      spec: z.object({
        podFailurePolicy: z.object({ rules: z.array(z.unknown()) }),
        template: z.object({
          spec: z.object({
            restartPolicy: z.string(),
            containers: z.tuple([z.object({ name: z.string(), command: z.array(z.string()), args: z.array(z.string()) })]),
          }),
        }),
      }),
    }),
  }),
});

/** @returns what the tests look at in docs/examples/cronjob.yaml */
export function readCronJobs() {
  return readYaml(readExample('cronjob.yaml')).map((document) => {
    const { schedule, concurrencyPolicy, jobTemplate } = cronJob.parse(document).spec;
    const { podFailurePolicy, template } = jobTemplate.spec;
    const [container] = template.spec.containers;
    return { schedule, concurrencyPolicy, rules: podFailurePolicy.rules, restartPolicy: template.spec.restartPolicy, container };
  });
}
