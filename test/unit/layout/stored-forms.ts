// How applications store their values, in a few lines of their own: nothing here comes from src/.
import fc from 'fast-check';
import type { Fields } from './layout-of.ts';

export interface Parts {
  readonly iv: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
}

/** The form that a value is written in. */
export interface Form {
  readonly hex: 'lower' | 'upper' | 'mixed';
  readonly isPadded: boolean;
  /** Base64 in JSON with `\/` for `/`, as PHP writes it. */
  readonly isSlashed: boolean;
  /** What stands between the tokens of JSON. */
  readonly space: string;
  readonly ivBytes: 12 | 16;
}

export const forms: fc.Arbitrary<Form> = fc.record({
  hex: fc.constantFrom('lower', 'upper', 'mixed'),
  isPadded: fc.boolean(),
  isSlashed: fc.boolean(),
  space: fc.constantFrom('', ' ', '\n\t'),
  ivBytes: fc.constantFrom(12, 16),
});

export interface Case {
  readonly name: string;
  readonly fields: Fields;
  /** The iv lengths that it takes; both if left out. */
  readonly ivBytes?: 12 | 16;
  readonly aad?: string;
  /** The columns besides the parts. */
  readonly others?: Readonly<Record<string, string>>;
  readonly write: (parts: Parts, form: Form) => Readonly<Record<string, string>>;
}

function hex(bytes: Buffer, form: Form): string {
  const text = bytes.toString('hex');
  if (form.hex === 'lower') return text;
  return text.replace(/[a-f]/g, (digit, at) => (form.hex === 'upper' || at % 3 === 0 ? digit.toUpperCase() : digit));
}

function base64(bytes: Buffer, { isPadded }: Form): string {
  const text = bytes.toString('base64');
  return isPadded ? text : text.replaceAll('=', '');
}

function base64url(bytes: Buffer, form: Form): string {
  return base64(bytes, form).replaceAll('+', '-').replaceAll('/', '_');
}

const json = (text: string, { isSlashed }: Form) => `"${isSlashed ? text.replaceAll('/', '\\/') : text}"`;
const join = (...parts: Buffer[]) => Buffer.concat(parts);

export const CASES: readonly Case[] = [
  {
    name: 'three hex columns (the default, tzurot)',
    fields: { iv: 'String @encrypted {iv}', content: 'String @encrypted {content}', tag: 'String @encrypted {tag}' },
    write: ({ iv, content, tag }, form) => ({ iv: hex(iv, form), content: hex(content, form), tag: hex(tag, form) }),
  },
  {
    name: 'hex with colons in one column (Langfuse)',
    fields: { secret: 'String @encrypted {iv}:{content}:{tag}' },
    write: ({ iv, content, tag }, form) => ({ secret: `${hex(iv, form)}:${hex(content, form)}:${hex(tag, form)}` }),
  },
  {
    name: 'a hex iv, and content and tag together in base64 (Typebot)',
    fields: { iv: 'String @encrypted {iv} iv=12', data: 'String @encrypted {content}{tag} base64' },
    ivBytes: 12,
    write: ({ iv, content, tag }, form) => ({ iv: hex(iv, form), data: base64(join(content, tag), form) }),
  },
  {
    name: 'a prefixed hex string without separators',
    fields: { token: 'String @encrypted(token) v1:{iv}{tag}{content} iv=16', keyId: 'String @encrypted(token) {keyId}' },
    ivBytes: 16,
    write: ({ iv, content, tag }, form) => ({ token: `v1:${hex(join(iv, tag, content), form)}` }),
  },
  {
    name: 'base64 with colons, bound to the id',
    fields: { id: 'Int', secret: 'String @encrypted {iv}:{content}:{tag} base64 aad="{id}"' },
    aad: '7',
    others: { id: '7' },
    write: ({ iv, content, tag }, form) => ({ secret: [iv, content, tag].map((part) => base64(part, form)).join(':') }),
  },
  {
    name: 'base64url with points, bound to two columns and a text with braces',
    fields: {
      id: 'BigInt',
      owner: 'String',
      secret: 'String @encrypted {tag}.{iv}.{content} base64url aad="{owner}/{{{id}}} \\"é\\""',
    },
    aad: 'öl/{9007199254740993} "é"',
    others: { id: '9007199254740993', owner: 'öl' },
    write: ({ iv, content, tag }, form) => ({ secret: [tag, iv, content].map((part) => base64url(part, form)).join('.') }),
  },
  {
    name: 'a Json column with base64 and members of its own',
    fields: { secret: 'Json @encrypted {"iv": "{iv}", "data": "enc:{content}{tag}"} base64' },
    write: ({ iv, content, tag }, form) => {
      const s = form.space;
      const data = json(`enc:${base64(join(content, tag), form)}`, form);
      return {
        secret: `{${s}"n":${s}12345678901234567890.10,${s}"data"${s}:${data},"a":[{"iv":"x","data":{}},"]}"],${s}"\\u0069v":${s}${json(base64(iv, form), form)},"data ":"\\u00e9\\"}"${s}}`,
      };
    },
  },
  {
    name: 'JSON text of three hex strings in a String column',
    fields: { secret: 'String @encrypted {"iv":"{iv}","content":"{content}","tag":"{tag}","v":"1"}' },
    write: ({ iv, content, tag }, form) => ({
      secret: `${form.space}{"content":"${hex(content, form)}","v":"1","iv":"${hex(iv, form)}",${form.space}"tag":"${hex(tag, form)}"}`,
    }),
  },
  {
    name: 'a Bytes column, bound to the id',
    fields: { id: 'String', secret: 'Bytes @encrypted {iv}{tag}{content} iv=12 aad="key:{id}"' },
    ivBytes: 12,
    aad: 'key:ab',
    others: { id: 'ab' },
    write: ({ iv, content, tag }) => ({ secret: join(iv, tag, content).toString('hex') }),
  },
  {
    name: 'a Bytes column with literal bytes',
    fields: { secret: 'Bytes @encrypted é{tag}0{content}0{iv} iv=16' },
    ivBytes: 16,
    write: ({ iv, content, tag }) => ({
      secret: join(Buffer.from('é'), tag, Buffer.from('0'), content, Buffer.from('0'), iv).toString('hex'),
    }),
  },
  {
    name: 'three Bytes columns',
    fields: { iv: 'Bytes @encrypted {iv}', content: 'Bytes @encrypted {content}', tag: 'Bytes @encrypted {tag}' },
    write: ({ iv, content, tag }) => ({ iv: iv.toString('hex'), content: content.toString('hex'), tag: tag.toString('hex') }),
  },
  {
    name: 'separators that hex has too',
    fields: { secret: 'String @encrypted ab{iv}00{content}ff{tag}cd iv=12' },
    ivBytes: 12,
    write: ({ iv, content, tag }, form) => ({ secret: `ab${hex(iv, form)}00${hex(content, form)}ff${hex(tag, form)}cd` }),
  },
  {
    name: 'two parts that vary, one behind a separator that hex has too',
    fields: { secret: 'String @encrypted {iv}a{tag}:{content}' },
    write: ({ iv, content, tag }, form) => ({ secret: `${hex(iv, form)}a${hex(tag, form)}:${hex(content, form)}` }),
  },
  {
    name: 'separators that base64 has too',
    fields: { secret: 'String @encrypted x{tag}y{content}z{iv} base64 iv=16' },
    ivBytes: 16,
    write: ({ iv, content, tag }, form) => ({ secret: `x${base64(tag, form)}y${base64(content, form)}z${base64(iv, form)}` }),
  },
  {
    name: 'a quoted template with white space, braces and all that regular expressions take for their own',
    fields: { secret: 'String @encrypted "$a.b* {{x}} [{iv}] ({content}|\\\\d)-^{tag}\\n"' },
    write: ({ iv, content, tag }, form) => ({
      secret: `$a.b* {x} [${hex(iv, form)}] (${hex(content, form)}|\\d)-^${hex(tag, form)}\n`,
    }),
  },
];
