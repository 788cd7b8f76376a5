// What the database answers is checked before it gets a type. By hand, because the library that reads everything else, zod, consists of
// about a hundred files, and loading them takes longer than rotating a hundred rows.

/** Tells whether a value is of a type. */
export type Guard<T> = (value: unknown) => value is T;
export type Guarded<G> = G extends Guard<infer T> ? T : never;

export const isText: Guard<string> = (value) => typeof value === 'string';
export const isFlag: Guard<boolean> = (value) => typeof value === 'boolean';
export const isNumber: Guard<number> = (value) => typeof value === 'number';
export const isTime: Guard<Date> = (value) => value instanceof Date;

export function orNull<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function listOf<T>(guard: Guard<T>): Guard<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(guard);
}

/** @returns the guard of an object that has at least these members */
export function having<G extends Readonly<Record<string, Guard<unknown>>>>(
  guards: G,
): Guard<{ readonly [N in keyof G]: Guarded<G[N]> }> {
  return (value): value is { readonly [N in keyof G]: Guarded<G[N]> } =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(guards).every(([name, guard]) => guard(Reflect.get(value, name)));
}

/**
 * @returns the answer
 * @throws TypeError if it is not what the statement asks for
 */
export function checked<T>(answer: unknown, guard: Guard<T>): T {
  if (guard(answer)) return answer;
  throw new TypeError('the database gave an answer of another form than the statement asks for');
}
