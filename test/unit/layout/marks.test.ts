import { describe, expect, it } from 'vitest';
import { MarkError, parseMark } from '../../../src/layout/parse-mark.ts';
import type { LayoutDefinition } from '../../../src/layout/template.ts';
import { definitionOf, type Fields, HEX_COLUMNS } from './layout-of.ts';

const NO_OPTIONS = { encoding: null, ivBytes: null, aad: null };

describe('a mark', () => {
  it.each([
    ['@encrypted {iv}', { name: null, template: { kind: 'text', source: '{iv}' }, ...NO_OPTIONS }],
    ['@encrypted(access)\t{iv}  ', { name: 'access', template: { kind: 'text', source: '{iv}' }, ...NO_OPTIONS }],
    [
      '@encrypted(a_1) v1:{iv}{tag}{content}  iv=16',
      { name: 'a_1', ivBytes: 16, template: { kind: 'text', source: 'v1:{iv}{tag}{content}' } },
    ],
    ['@encrypted {iv}"x"', { template: { kind: 'text', source: '{iv}"x"' } }],
    ['@encrypted "a \\"b\\" {iv}" base64', { encoding: 'base64', template: { kind: 'text', source: 'a "b" {iv}' } }],
    ['@encrypted "{\\"iv\\":1}"', { template: { kind: 'text', source: '{"iv":1}' } }],
    [
      '@encrypted { "iv": "{iv} }", "d":"\\"" } hex',
      { encoding: 'hex', template: { kind: 'json', source: '{ "iv": "{iv} }", "d":"\\"" }' } },
    ],
    ['@encrypted {iv} aad="{id} \\"x\\" base64" base64url iv=12', { encoding: 'base64url', ivBytes: 12, aad: '{id} "x" base64' }],
  ])('says what it says: %s', (comment, mark) => {
    expect(parseMark(comment)).toMatchObject(mark);
  });
});

const part = (name: 'iv' | 'content' | 'tag', bytes: number | null = null) => ({ part: name, bytes });

describe('the layout of marks', () => {
  it('has text and runs that take turns', () => {
    expect(definitionOf({ id: 'Int', s: 'String @encrypted {{{iv}{content}}}:{tag} base64 iv=12 aad="{{{id}" ' })).toEqual({
      columns: [
        {
          kind: 'text',
          column: 's',
          encoding: 'base64',
          pieces: [{ literal: '{' }, { run: [part('iv', 12), part('content')] }, { literal: '}:' }, { run: [part('tag', 16)] }],
        },
      ],
      aad: [{ literal: '{' }, { column: 'id' }],
    } satisfies LayoutDefinition);
  });

  it('has each column as its own mark says', () => {
    expect(
      definitionOf({
        bytes: 'Bytes @encrypted {iv}',
        data: 'Json @encrypted {"c":"{content}","v":"1"} base64url',
        tag: 'String @encrypted {tag}',
        keyId: 'String @encrypted {keyId}',
      }),
    ).toEqual({
      columns: [
        { kind: 'bytes', column: 'bytes', pieces: [{ run: [part('iv')] }] },
        {
          kind: 'json',
          column: 'data',
          encoding: 'base64url',
          members: { c: [{ run: [part('content')] }], v: [{ literal: '1' }] },
        },
        { kind: 'text', column: 'tag', encoding: 'hex', pieces: [{ run: [part('tag', 16)] }] },
        { kind: 'key-id', column: 'keyId' },
      ],
      aad: null,
    } satisfies LayoutDefinition);
  });

  it.each([
    ['String @encrypted {tag}a{iv}b{content} iv=12', 'one part that varies, between others that do not'],
    ['String @encrypted {iv}-a{tag}{content}', 'two, with a character between them that hex does not have'],
    ['String @encrypted {iv}a{tag}:{content}', 'two, with one further off'],
    ['String @encrypted {iv}=:{content}{tag}', 'an = in hex'],
    ['String @encrypted ={iv}:{content}{tag} base64', 'an = before the parts'],
    ['String @encrypted {iv}:={content}{tag} base64', 'an = behind another character'],
  ])('is certain: %s (%s)', (field) => {
    expect(definitionOf({ secret: field }).columns).toHaveLength(1);
  });
});

const APART = 'cannot be told apart';
const PROBLEMS: [problem: string, fields: Fields][] = [
  ['@encrypted has to be followed by white space, or by a name', { s: 'String @encrypted?{iv}' }],
  ['@encrypted has to be followed by white space, or by a name', { s: 'String @encrypted() {iv}' }],
  ['@encrypted has to be followed by white space, or by a name', { s: 'String @encrypted(a b) {iv}' }],
  ['@encrypted has to be followed by white space, or by a name', { s: 'String @encrypted(a){iv}' }],
  ['the template is missing, as in @encrypted {content}', { s: 'String @encrypted' }],
  ['the template is missing, as in @encrypted {content}', { s: 'String @encrypted(a) ' }],
  ['the template is no text in double quotes', { s: 'String @encrypted "{iv}' }],
  ['the template is no text in double quotes', { s: 'String @encrypted "{iv}"base64' }],
  ['the template is no text in double quotes', { s: 'String @encrypted "a {"b' }],
  ['"\\q{iv}" is not quoted as JSON quotes a text', { s: 'String @encrypted "\\q{iv}"' }],
  ['the template is no JSON object of strings', { s: 'Json @encrypted {"v":{"iv":"{iv}"}}' }],
  ['the template is no JSON object of strings', { s: 'Json @encrypted {"iv":"{iv}"' }],
  ['the template is no JSON object of strings', { s: 'Json @encrypted { "iv":"{iv}"' }],
  ['the template is not valid JSON', { s: 'Json @encrypted {"iv" "{iv}"}' }],
  ['every member in the JSON object of the template has to be a string', { s: 'Json @encrypted {"v":1,"iv":"{iv}"}' }],
  ['a member of the template cannot be called __proto__', { s: 'Json @encrypted {"__proto__":"{iv}{content}{tag}"} iv=12' }],
  ['a member of the template cannot be called __proto__', { s: 'Json @encrypted {"iv":"{iv}","__proto__":"{content}{tag}"}' }],
  ['the JSON object of the template has a member twice', { s: 'Json @encrypted {"iv":"{iv}","iv":"{tag}"}' }],
  ['bse64 is none of the options hex, base64, base64url, iv=12, iv=16 and aad="…"', { s: 'String @encrypted {iv} bse64' }],
  ['iv=13 is none of the options', { s: 'String @encrypted {iv} iv=13' }],
  ['aad={id} is none of the options', { s: 'String @encrypted {iv} aad={id}' }],
  ['{content} is none of the options', { s: 'String @encrypted {iv} {content}' }],
  ['a double quote is not closed', { s: 'String @encrypted {iv} aad="{id}' }],
  ['there are two encodings: hex and base64', { s: 'String @encrypted {iv} hex base64' }],
  ['iv= is given twice', { s: 'String @encrypted {iv} iv=12 iv=12' }],
  ['aad= is given twice', { s: 'String @encrypted {iv} aad="a" aad="a"' }],
  ['a { in {iv has no counterpart: as text it is written {{', { s: 'String @encrypted {iv' }],
  ['a } in iv} has no counterpart: as text it is written }}', { s: 'String @encrypted iv}' }],
  ['{IV} is none of the parts {iv}, {content} and {tag}', { s: 'String @encrypted {IV}' }],
  ['{} is none of the parts', { s: 'String @encrypted {}' }],
  ['{keyId} needs a column of its own', { s: 'String @encrypted {keyId}:{iv}' }],
  ['the template has none of the parts', { s: 'String @encrypted {{iv}}' }],
  ['the template has none of the parts', { s: 'Json @encrypted {"iv":"iv"}' }],
  ['{iv} beside another part needs iv=12 or iv=16', { s: 'String @encrypted {iv}{content}:{tag}' }],
  ['{iv} beside another part needs iv=12 or iv=16', { s: 'Bytes @encrypted {tag}{iv}' }],
  ['iv=12 is for the template that has {iv}', { iv: 'String @encrypted {iv}', s: 'String @encrypted {content}{tag} iv=12' }],
  [`{iv} and {content} ${APART}: a character that hex does not have`, { s: 'String @encrypted {iv}abc{content}:{tag}' }],
  [`{content} and {iv} ${APART}: a character that base64 does not have`, { s: 'String @encrypted {content}a{tag}b{iv} base64' }],
  [`{content} and {iv} ${APART}: a character that base64url does not have`, { s: 'String @encrypted {content}-_{iv} base64url' }],
  [`{content} and {iv} ${APART}: in a Bytes column only one part may vary in length`, { s: 'Bytes @encrypted {content}:{iv}' }],
  [`{iv} and {content} ${APART}: a character that hex does not have`, { s: 'Json @encrypted {"v":"{iv}0{content}"}' }],
  [`an = behind a part ${APART}`, { s: 'String @encrypted {iv}=:{content}:{tag} base64' }],
  [`an = behind a part ${APART}`, { s: 'String @encrypted {tag}= base64url' }],
  ['is a list, so it cannot hold an encrypted value', { s: 'String[] @encrypted {iv}' }],
  ['is of type Int, but the template needs String or Bytes', { s: 'Int @encrypted {iv}' }],
  ['is of type Json, so its template has to be a JSON object', { s: 'Json @encrypted {iv}' }],
  ['is of type Bytes, but a JSON template needs Json or String', { s: 'Bytes @encrypted {"iv":"{iv}"}' }],
  ['is of type Bytes, which holds the bytes themselves, so it takes no hex', { s: 'Bytes @encrypted {iv} hex' }],
  ['is of type Bytes, but a key id needs String', { s: 'Bytes @encrypted {keyId}' }],
  ['a key id takes neither an encoding nor iv=', { s: 'String @encrypted {keyId} hex' }],
  ['a key id takes neither an encoding nor iv=', { s: 'String @encrypted {keyId} iv=12' }],
  ['{content} is in no column of the value; {tag} is in no column of the value', { s: 'String @encrypted {iv}' }],
  ['{iv} is in no column of the value; {content} is in no column', { s: 'String @encrypted {tag}' }],
  ['{keyId} is of no value: give it the name of one, as in @encrypted(access) {keyId}', { s: 'String @encrypted {keyId}' }],
  ['{tag} is in two places: tag, s', { ...HEX_COLUMNS, s: 'String @encrypted {tag}' }],
  ['{tag} is in two places: s, s', { s: 'String @encrypted {iv}:{tag}:{content}:{tag}' }],
  ['{keyId} is in two places: a, b', { ...HEX_COLUMNS, a: 'String @encrypted {keyId}', b: 'String @encrypted {keyId}' }],
  [
    'aad= is given on two columns of the value',
    { iv: 'String @encrypted {iv} aad="a"', s: 'String @encrypted {content}{tag} aad="a"' },
  ],
  ['aad="" is the same as no aad=', { s: 'String @encrypted {iv}:{content}:{tag} aad=""' }],
  [
    'aad= names {id}, which is no field of the model, or one that is marked',
    { s: 'String @encrypted {iv}:{content}:{tag} aad="{id}"' },
  ],
  [
    'aad= names {s}, which is no field of the model, or one that is marked',
    { s: 'String @encrypted {iv}:{content}:{tag} aad="{s}"' },
  ],
  [
    'aad= names {at}, but only a String, an Int and a BigInt',
    { at: 'DateTime', s: 'String @encrypted {iv}:{content}:{tag} aad="{at}"' },
  ],
  [
    'aad= names {at}, but only a String, an Int and a BigInt',
    { at: 'String[]', s: 'String @encrypted {iv}:{content}:{tag} aad="{at}"' },
  ],
  ['a { in {id has no counterpart', { s: 'String @encrypted {iv}:{content}:{tag} aad="{id"' }],
];

describe('a mark that is wrong', () => {
  it.each(PROBLEMS)('%s: %j', (problem, fields) => {
    expect(() => definitionOf(fields)).toThrow(MarkError);
    expect(() => definitionOf(fields)).toThrow(problem);
  });
});
