import type { Misfit } from './misfit.ts';

/** A member of a JSON object that is a string: the text that it stands for, and where it is written, quotes included. */
export interface StringMember<T> {
  readonly key: string;
  /** What `wanted` says about it. */
  readonly as: T;
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Finds the members of a JSON object (RFC 8259) that hold parts, by their place in the text: all else has to stay as it is written,
 * numbers beyond 2^53 and white space included, which JSON.parse and JSON.stringify would change.
 *
 * @param json - any text
 * @param wanted - by name, the members to find
 * @returns all of them, in the order of the text; or what is wrong with it
 */
export function stringMembers<T>(json: string, wanted: ReadonlyMap<string, T>): readonly StringMember<T>[] | Misfit {
  if (!isJson(json)) return 'not-json';
  const members: StringMember<T>[] = [];
  let depth = 0;
  let key = '';
  let token = '';
  for (const { 0: next, index } of json.matchAll(TOKEN)) {
    if (next === ':') key = JSON.parse(token);
    const as = depth === 1 && token === ':' ? wanted.get(key) : undefined;
    if (as !== undefined) {
      if (members.some((member) => member.key === key)) return 'json-duplicate';
      if (next[0] !== '"') return 'json-shape';
      members.push({ key, as, text: JSON.parse(next), from: index, to: index + next.length });
    }
    if (next === '{' || next === '[') depth += 1;
    if (next === '}' || next === ']') depth -= 1;
    token = next;
  }
  return members.length === wanted.size ? members : 'json-shape';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
