import type { Encoding } from './template.ts';

/** What a comment `/// @encrypted…` says. */
export interface Mark {
  /** The name in parentheses; null if there is none. */
  readonly name: string | null;
  readonly template: { readonly kind: 'text' | 'json'; readonly source: string };
  readonly encoding: Encoding | null;
  /** What `iv=` says, in bytes; null if it is not given. */
  readonly ivBytes: number | null;
  /** What `aad=` says, without its quotes; null if it is not given. */
  readonly aad: string | null;
}

/** What is wrong with a mark, to be read after the names of the model and the field. */
export class MarkError extends Error {}

/** What a comment begins with that says what its field holds. */
export const MARK = '@encrypted';

const STRING = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`;
const HEAD = new RegExp(String.raw`^${MARK}(?:\(([A-Za-z]\w*)\))?(?:\s+|$)`);
const TEMPLATE = new RegExp(String.raw`^(?:((?=\{\s*")\{(?:[^"{}]|${STRING})*\})|(${STRING})|((?!\{\s*")[^\s"]\S*))(?=\s|$)`);
const OPTION = new RegExp(String.raw`(?:[^\s"]|${STRING})+`, 'g');

/**
 * Reads a mark:
 *
 *     @encrypted TEMPLATE OPTION…
 *     @encrypted(NAME) TEMPLATE OPTION…
 *
 * TEMPLATE is a text without white space; or any text in double quotes, as JSON writes it; or a JSON object whose strings are templates.
 * OPTION is `hex`, `base64` or `base64url`; `iv=12` or `iv=16`; `aad="…"`, quoted as in JSON. What a template may say: parse-template.ts.
 *
 * @param comment - one line, from the mark on
 * @throws MarkError
 */
export function parseMark(comment: string): Mark {
  const head = HEAD.exec(comment);
  if (head === null) throw new MarkError(`${MARK} has to be followed by white space, or by a name as in ${MARK}(access)`);
  const rest = comment.slice(head[0].length).trim();
  if (rest === '') throw new MarkError(`the template is missing, as in ${MARK} {content}`);
  const found = TEMPLATE.exec(rest);
  if (found === null) {
    const isJson = /^\{\s*"/.test(rest);
    throw new MarkError(
      `the template is no ${isJson ? 'JSON object of strings' : 'text in double quotes'}, or white space behind it is missing`,
    );
  }
  const [whole, json, quoted, bare] = found;
  return {
    name: head[1] ?? null,
    template:
      json === undefined
        ? { kind: 'text', source: quoted === undefined ? `${bare}` : unquoted(quoted) }
        : { kind: 'json', source: json },
    ...parseOptions(rest.slice(whole.length)),
  };
}

function parseOptions(text: string): Pick<Mark, 'encoding' | 'ivBytes' | 'aad'> {
  if (text.replace(OPTION, '').trim() !== '') throw new MarkError('a double quote is not closed');
  let encoding: Encoding | null = null;
  let ivBytes: number | null = null;
  let aad: string | null = null;
  for (const option of text.match(OPTION) ?? []) {
    if (option === 'hex' || option === 'base64' || option === 'base64url') {
      if (encoding !== null) throw new MarkError(`there are two encodings: ${encoding} and ${option}`);
      encoding = option;
    } else if (option === 'iv=12' || option === 'iv=16') {
      if (ivBytes !== null) throw new MarkError('iv= is given twice');
      ivBytes = Number(option.slice('iv='.length));
    } else if (option.startsWith('aad="')) {
      if (aad !== null) throw new MarkError('aad= is given twice');
      aad = unquoted(option.slice('aad='.length));
    } else {
      throw new MarkError(`${option} is none of the options hex, base64, base64url, iv=12, iv=16 and aad="…"`);
    }
  }
  return { encoding, ivBytes, aad };
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text);
  } catch {
    throw new MarkError(`${text} is not quoted as JSON quotes a text`);
  }
}
