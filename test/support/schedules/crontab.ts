/** An entry of a file in /etc/cron.d. */
export interface CronEntry {
  readonly schedule: string;
  readonly user: string;
  readonly command: string;
}

export interface Crontab {
  readonly variables: Readonly<Record<string, string>>;
  readonly entries: readonly CronEntry[];
}

/** The least and the greatest of the minute, the hour, the day of the month, the month, and the day of the week. */
const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** @returns whether a schedule has five fields, each `*` or a number in its range: all that the examples use */
export function isSchedule(schedule: string): boolean {
  const fields = schedule.split(' ');
  return (
    fields.length === RANGES.length &&
    RANGES.every(([least, greatest], index) => {
      const field = fields[index] ?? '';
      return field === '*' || (/^\d{1,2}$/u.test(field) && Number(field) >= least && Number(field) <= greatest);
    })
  );
}

/**
 * Reads a file in /etc/cron.d as cron does (crontab(5) of Debian): comments, variables, and entries with a user.
 *
 * @throws Error for a line that is none of them, or that cron would read differently
 */
export function readCrontab(text: string): Crontab {
  if (!text.endsWith('\n')) throw new Error('cron ignores the last line of a file without a newline at its end');
  const variables: Record<string, string> = {};
  const entries: CronEntry[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const variable = /^(?<name>[A-Z]+)=(?<value>\S+)$/u.exec(line)?.groups;
    const entry = /^(?<schedule>(?:\S+ ){4}\S+) (?<user>[a-z_][a-z0-9_-]*) (?<command>.+)$/u.exec(line)?.groups;
    if (variable !== undefined) variables[variable['name'] ?? ''] = variable['value'] ?? '';
    else if (entry !== undefined) entries.push(checked(entry['schedule'], entry['user'], entry['command']));
    else throw new Error(`neither a variable nor an entry: ${line}`);
  }
  return { variables, entries };
}

function checked(schedule = '', user = '', command = ''): CronEntry {
  if (!isSchedule(schedule)) throw new Error(`not a schedule: ${schedule}`);
  if (command.includes('%')) throw new Error('cron makes a newline of %, and passes what follows the first as stdin');
  if (command.length > 998) throw new Error('cron cuts off a command of more than 998 characters');
  return { schedule, user, command };
}
