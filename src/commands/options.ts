import type { Option } from './command.ts';

/** The options of every command that works on the table. */
export const RUN_OPTIONS: readonly Option[] = [
  { flag: 'json', value: null, help: ['print the report as JSON instead of the summary'] },
  { flag: 'report', value: 'FILE', help: ['write the same JSON to FILE, which must not exist'] },
  { flag: 'verbose', value: null, help: ['print a line per row'] },
  { flag: 'quiet', value: null, help: ['print only warnings, errors and the JSON report'] },
  { flag: 'env', value: 'FILE', help: ['read missing variables from FILE (default .env)'] },
];

export const DRY_RUN: Option = {
  flag: 'dry-run',
  value: null,
  help: ['say what the run would do and how it would end; write', 'nothing'],
};
