/** Gives names that a Prisma schema can have, each once. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** @returns the name, or the same with a number if it is taken */
  give(name: string): string {
    let free = name;
    for (let number = 2; this.#taken.has(free); number += 1) free = `${name}${number}`;
    this.#taken.add(free);
    return free;
  }
}

/** @returns `UserApiKeys` for `user_api_keys` */
export function modelName(table: string): string {
  const words = wordsOf(table).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return startedByLetter(words.join(''), 'Table');
}

/** @returns `accessToken` for `access_token` */
export function fieldName(column: string): string {
  const name = modelName(column);
  // An abbreviation at the beginning stays together: `IV` is `iv`, not `iV`.
  const small = name === name.toUpperCase() ? name.toLowerCase() : name.charAt(0).toLowerCase() + name.slice(1);
  return wordsOf(column).length === 0 ? 'column' : small;
}

/**
 * @param fields - of the columns of a value, one or more
 * @returns what they have in common, such as `access` of `accessIv` and `accessData`; else the longest of them
 */
export function valueName(fields: readonly string[]): string {
  const [first = '', ...others] = fields;
  const words = first.split(/(?=[A-Z])/u);
  while (words.length > 0 && !others.every((other) => other.startsWith(words.join('')))) words.pop();
  const longest = [...fields].sort((one, other) => other.length - one.length)[0];
  return words.length > 0 ? words.join('') : (longest ?? 'value');
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[^A-Za-z0-9]+/u).filter((word) => word !== '');
}

function startedByLetter(name: string, otherwise: string): string {
  return /^[A-Za-z]/u.test(name) ? name : `${otherwise}${name}`;
}
