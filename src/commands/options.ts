import type { Option } from './command.ts';

/** @param title - the flag, and what its value is called if it takes one, such as `batch-size N` */
export function option(title: string, ...help: readonly string[]): Option {
  const [flag = '', value = null] = title.split(' ');
  return { flag, value, help };
}

/** The options of every command that works on the table. */
export const RUN_OPTIONS: readonly Option[] = [
  option('json', 'print the report as JSON instead of the summary'),
  option('report FILE', 'write the same JSON to FILE, which must not exist'),
  option('verbose', 'print a line per row'),
  option('quiet', 'print only warnings, errors and the JSON report'),
  option('env FILE', 'read missing variables from FILE (default .env)'),
];

export const DRY_RUN = option('dry-run', 'say what the run would do and how it would end; write', 'nothing');
