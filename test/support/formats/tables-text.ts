import { randomUUID } from 'node:crypto';
import { cut, open, seal } from './cipher.ts';
import { cell, formOf, type RawRow, type StoredTable, type StoredValue } from './stored-value.ts';

const CREATED = 'created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()';

/** Some applications write hex in upper case: here every fourth row. */
function hex(bytes: Buffer, index: number): string {
  return index % 4 === 3 ? bytes.toString('hex').toUpperCase() : bytes.toString('hex');
}

const always = () => true;
const PLAIN = { keyId: null, bound: false, isThere: always };

/** As tzurot: three hex columns, an iv of 16 bytes. */
function threeColumns(name: string): StoredValue {
  return {
    ...PLAIN,
    name,
    columns: ['iv', 'content', 'tag'],
    seal(key, plaintext, index) {
      const { iv, content, tag } = seal(key, plaintext, 16);
      return { iv: hex(iv, index), content: hex(content, index), tag: hex(tag, index) };
    },
    open(key, row) {
      const [iv, content, tag] = ['iv', 'content', 'tag'].map((column) => Buffer.from(cell(row, column), 'hex'));
      if (iv === undefined || content === undefined || tag === undefined) throw new Error('a part is missing');
      return open(key, { iv, content, tag });
    },
    form: (row) => ['iv', 'content', 'tag'].map((column) => formOf(cell(row, column))).join(' '),
  };
}

/** A version, then iv, tag and content in one hex string: two in a row, which may be null. */
function prefixed(name: string, column: string, isThere: (index: number) => boolean): StoredValue {
  return {
    ...PLAIN,
    ...{ name, columns: [column], isThere },
    seal(key, plaintext, index) {
      const { iv, content, tag } = seal(key, plaintext, 16);
      return { [column]: `v1:${hex(Buffer.concat([iv, tag, content]), index)}` };
    },
    open(key, row) {
      const [, version, digits = ''] = /^(v1):([0-9A-Fa-f]+)$/u.exec(cell(row, column)) ?? [];
      if (version === undefined) throw new Error('not a token');
      const [iv, tag, content] = cut(Buffer.from(digits, 'hex'), 16, 32);
      return open(key, { iv, content, tag });
    },
    form: (row) => formOf(cell(row, column)),
  };
}

const langfuse: StoredValue = {
  ...PLAIN,
  name: 'LlmApiKeys',
  columns: ['secret_key'],
  seal(key, plaintext, index) {
    const { iv, content, tag } = seal(key, plaintext, 12);
    return { secret_key: [iv, content, tag].map((part) => hex(part, index)).join(':') };
  },
  open(key, row) {
    const [iv = '', content = '', tag = ''] = cell(row, 'secret_key').split(':');
    return open(key, { iv: Buffer.from(iv, 'hex'), content: Buffer.from(content, 'hex'), tag: Buffer.from(tag, 'hex') });
  },
  form: (row) => formOf(cell(row, 'secret_key')),
};

const typebot: StoredValue = {
  ...PLAIN,
  name: 'Credentials',
  columns: ['data', 'iv'],
  seal(key, plaintext, index) {
    const { iv, content, tag } = seal(key, plaintext, 12);
    const data = Buffer.concat([content, tag]).toString('base64');
    // Some writers leave the padding out.
    return { data: index % 2 === 0 ? data : data.replace(/=+$/u, ''), iv: iv.toString('hex') };
  },
  open(key, row) {
    const sealed = Buffer.from(cell(row, 'data'), 'base64');
    const [content, tag] = [sealed.subarray(0, -16), sealed.subarray(-16)];
    return open(key, { iv: Buffer.from(cell(row, 'iv'), 'hex'), content, tag });
  },
  form: (row) => `${formOf(cell(row, 'data'))} ${formOf(cell(row, 'iv'))}`,
};

/** The id of a row that is named by a number. */
function numbered(index: number, others: RawRow = {}): RawRow & { id: string } {
  return { ...others, id: String(index + 1) };
}

export const textTables: readonly StoredTable[] = [
  {
    application: 'tzurot',
    name: 'user_api_keys',
    create: `id uuid PRIMARY KEY, user_id uuid NOT NULL, provider varchar(20) NOT NULL, iv varchar(32), content text, tag varchar(32),
             is_active boolean NOT NULL DEFAULT true, ${CREATED}`,
    model: `model UserApiKey {
  id      String  @id
  iv      String? /// @encrypted {iv}
  content String? /// @encrypted {content}
  tag     String? /// @encrypted {tag}

  @@map("user_api_keys")
}
`,
    others: () => ({ id: randomUUID(), user_id: randomUUID(), provider: 'openrouter' }),
    values: [threeColumns('UserApiKey')],
  },
  {
    application: 'tzurot',
    name: 'user_credentials',
    create: `id uuid PRIMARY KEY, service varchar(50) NOT NULL, iv varchar(32), content text, tag varchar(32), expires_at timestamptz, ${CREATED}`,
    model: `model UserCredential {
  id      String  @id
  iv      String? /// @encrypted {iv}
  content String? /// @encrypted {content}
  tag     String? /// @encrypted {tag}

  @@map("user_credentials")
}
`,
    others: () => ({ id: randomUUID(), service: 'shapes', expires_at: '2027-01-01 00:00:00+00' }),
    values: [threeColumns('UserCredential')],
  },
  {
    application: 'Langfuse',
    name: 'llm_api_keys',
    create: `id text PRIMARY KEY, secret_key text NOT NULL, display_secret_key text NOT NULL, custom_models text[] NOT NULL, ${CREATED}`,
    model: `model LlmApiKeys {
  id        String @id
  secretKey String @map("secret_key") /// @encrypted {iv}:{content}:{tag}

  @@map("llm_api_keys")
}
`,
    others: (index) => ({ id: `cm${index}`, display_secret_key: '...abcd', custom_models: '{gpt,"a b"}' }),
    values: [langfuse],
  },
  {
    application: 'Typebot',
    name: 'Credentials',
    create: `id text PRIMARY KEY, "createdAt" timestamptz NOT NULL DEFAULT now(), data text, name text NOT NULL, iv text, type text NOT NULL`,
    model: `model Credentials {
  id   String  @id
  data String? /// @encrypted {content}{tag} base64
  iv   String? /// @encrypted {iv}
}
`,
    others: (index) => ({ id: `cred${index}`, name: 'My credentials', type: 'smtp' }),
    values: [typebot],
  },
  {
    application: 'tokens behind a version',
    name: 'accounts',
    create: `id serial PRIMARY KEY, access_token text, refresh_token text, scope text, ${CREATED}`,
    model: `model Account {
  id           Int     @id
  accessToken  String? @map("access_token")  /// @encrypted(access) v1:{iv}{tag}{content} iv=16
  refreshToken String? @map("refresh_token") /// @encrypted(refresh) v1:{iv}{tag}{content} iv=16

  @@map("accounts")
}
`,
    others: (index) => numbered(index, { scope: 'openid email' }),
    values: [
      prefixed('Account.access', 'access_token', (index) => index % 3 !== 1),
      prefixed('Account.refresh', 'refresh_token', (index) => index % 4 !== 2),
    ],
  },
];
