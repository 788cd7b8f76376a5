import type { Part } from '../crypto/encrypted-value.ts';
import { stringMembers } from './json-members.ts';
import { MarkError } from './parse-mark.ts';
import type { PartOf, Piece } from './template.ts';

/** Text, or a name in braces. */
export type Token = { readonly literal: string } | { readonly name: string };

/**
 * Takes a template apart: names stand in braces; `{{` and `}}` stand for the braces themselves.
 *
 * @throws MarkError
 */
export function tokensOf(template: string): readonly Token[] {
  const tokens: Token[] = [];
  let literal = '';
  for (const [text, name] of template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
    if (name !== undefined) {
      if (literal !== '') tokens.push({ literal });
      literal = '';
      tokens.push({ name });
    } else if (text === '{' || text === '}') {
      throw new MarkError(`a ${text} in ${template} has no counterpart: as text it is written ${text}${text}`);
    } else {
      literal += text === '{{' || text === '}}' ? text.slice(1) : text;
    }
  }
  if (literal !== '') tokens.push({ literal });
  return tokens;
}

/**
 * Reads the template of a text: `{iv}`, `{content}` and `{tag}`, and literal text. Parts side by side are encoded together.
 *
 * @param ivBytes - what `iv=` says
 * @throws MarkError
 */
export function parsePieces(template: string, ivBytes: number | null): readonly Piece[] {
  const pieces: Piece[] = [];
  let run: PartOf[] = [];
  for (const token of tokensOf(template)) {
    if ('literal' in token) {
      pieces.push(token);
      run = [];
    } else {
      if (run.length === 0) pieces.push({ run });
      run.push(partOf(token.name, ivBytes));
    }
  }
  for (const piece of pieces) {
    if ('run' in piece && piece.run.length > 1 && piece.run.some(({ part, bytes }) => part === 'iv' && bytes === null)) {
      throw new MarkError('{iv} beside another part needs iv=12 or iv=16');
    }
  }
  return pieces;
}

function partOf(name: string, ivBytes: number | null): PartOf {
  switch (name) {
    case 'iv':
      return { part: name, bytes: ivBytes };
    case 'content':
      return { part: name, bytes: null };
    case 'tag':
      return { part: name, bytes: 16 };
    case 'keyId':
      throw new MarkError('{keyId} needs a column of its own');
    default:
      throw new MarkError(`{${name}} is none of the parts {iv}, {content} and {tag}; as text a brace is written twice`);
  }
}

/**
 * Reads a template that is a JSON object: each of its strings is the template of a text.
 *
 * @param json - an object without another one in it
 * @throws MarkError
 */
export function parseMembers(json: string, ivBytes: number | null): Readonly<Record<string, readonly Piece[]>> {
  const members = stringMembers(json, new Map(keysOf(json).map((key) => [key, key])));
  if (members === 'json-duplicate') throw new MarkError('the JSON object of the template has a member twice');
  if (typeof members === 'string') throw new MarkError('every member in the JSON object of the template has to be a string');
  if (members.some(({ key }) => key === '__proto__')) throw new MarkError('a member of the template cannot be called __proto__');
  return Object.fromEntries(members.map(({ key, text }) => [key, parsePieces(text, ivBytes)]));
}

function keysOf(json: string): readonly string[] {
  try {
    return Object.keys(JSON.parse(json));
  } catch {
    throw new MarkError('the template is not valid JSON');
  }
}

/** @returns the parts of some pieces, in their order */
export function partsIn(pieces: readonly Piece[]): readonly Part[] {
  return pieces.flatMap((piece) => ('run' in piece ? piece.run.map(({ part }) => part) : []));
}
