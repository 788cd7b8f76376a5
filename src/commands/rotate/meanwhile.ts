import type { KeyWords } from '../../report/key-words.ts';
import type { Words } from '../../report/total.ts';
import { verb } from '../../report/wording.ts';
import type { Compared } from '../../rotation/result.ts';

/**
 * Says in one line what an application did between the first survey and the last, as far as the surveys and the writes show it, and
 * which values took another round. What was added and removed again in between leaves no trace.
 */
export function meanwhile(fields: readonly Compared[], { aSource }: KeyWords, words: Words): string[] {
  const did = traces(fields, words);
  const late = sum(fields.map((field) => field.late));
  const [were, them] = [verb(late, 'was', 'were'), verb(late, 'it', 'them')];
  const again = `${words.count(late)} ${were} still under ${aSource} after the first pass and took another round`;
  if (did.length > 0) return [`meanwhile an application ${listing(did)}${late > 0 ? `; ${again}` : ''}`];
  if (late === 0) return [];
  const tables = words.noun === 'row' ? 'it' : 'its tables';
  return [
    `${again}: an application wrote ${them}, or the index on the id misses ${them} (if no service writes to ${words.place}, REINDEX ${tables})`,
  ];
}

function traces(fields: readonly Compared[], { count, noun }: Words): string[] {
  const traffic = fields.map(({ before, after }) => before.ids.trafficUntil(after.ids));
  const came = sum(traffic.map((each) => each.came));
  const went = sum(traffic.map((each) => each.went));
  // Those that are gone count as removed.
  const changed = sum(fields.map(({ tally }) => tally.conflicts - tally.gone));
  const ahead = `${verb(changed, `a ${noun}`, `${noun}s`)} just ahead of ${changed} ${verb(changed, 'write', 'writes')}`;
  const found = [
    ...(came > 0 ? [`added ${count(came)}`] : []),
    ...(went > 0 ? [`removed ${came > 0 ? went : count(went)}`] : []),
    ...(changed > 0 ? [`changed ${ahead}`] : []),
  ];
  const isSame = fields.every(({ before, after }) => before.digest === after.digest);
  return found.length > 0 || isSame ? found : [`changed ${noun}s`];
}

/** @returns for example `a, b and c` */
function listing(parts: readonly string[]): string {
  return [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter((part) => part !== '').join(' and ');
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0);
}
