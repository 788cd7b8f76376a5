import { createHmac, randomUUID } from 'node:crypto';
import { cut, open, seal } from './cipher.ts';
import { cell, formOf, type RawRow, type StoredTable, type StoredValue } from './stored-value.ts';

/** Bound to its row, so that nobody can move it to another one. */
function boundTo(row: RawRow): string {
  return `document:${cell(row, 'id')}:${cell(row, 'version')}`;
}

const bound: StoredValue = {
  ...{ name: 'Document', columns: ['sealed'], keyId: null, bound: true, isThere: () => true },
  seal(key, plaintext, _index, others) {
    const { iv, content, tag } = seal(key, plaintext, 12, boundTo(others));
    return { sealed: `\\x${Buffer.concat([iv, content, tag]).toString('hex')}` };
  },
  open(key, row) {
    const bytes = Buffer.from(cell(row, 'sealed').replace(/^\\x/u, ''), 'hex');
    const [iv, content, tag] = cut(bytes, 12, bytes.length - 16);
    return open(key, { iv, content, tag }, boundTo(row));
  },
  form: (row) => formOf(cell(row, 'sealed')),
};

/** @returns the name that the tool gives to a key, made as the documentation says */
export function fingerprintOf(key: Buffer): string {
  return createHmac('sha256', key).update('rotate-encryption-key fingerprint v1').digest('hex').slice(0, 16);
}

const withKeyId: StoredValue = {
  ...{ name: 'WebhookEndpoint', columns: ['secret', 'key_id'], keyId: 'key_id', bound: false, isThere: () => true },
  seal(key, plaintext, index) {
    const { iv, content, tag } = seal(key, plaintext, 12);
    const secret = `${iv.toString('base64url')}.${Buffer.concat([content, tag]).toString('base64url')}`;
    // The column is younger than the table: the first rows have none.
    return { secret, key_id: index < 3 ? null : fingerprintOf(key) };
  },
  open(key, row) {
    const [iv = '', rest = ''] = cell(row, 'secret').split('.');
    const sealed = Buffer.from(rest, 'base64url');
    return open(key, { iv: Buffer.from(iv, 'base64url'), content: sealed.subarray(0, -16), tag: sealed.subarray(-16) });
  },
  form: (row) =>
    cell(row, 'secret')
      .split('.')
      .map((part) => part.length)
      .join('.'),
};

export const boundTables: readonly StoredTable[] = [
  {
    application: 'bytes that are bound to their row',
    name: 'documents',
    create: 'id uuid PRIMARY KEY, version integer, sealed bytea, thumbnail bytea NOT NULL',
    model: `model Document {
  id      String @id
  version Int?
  sealed  Bytes? /// @encrypted {iv}{content}{tag} iv=12 aad="document:{id}:{version}"

  @@map("documents")
}
`,
    others: (index) => ({ id: randomUUID(), version: String(index), thumbnail: `\\x${'00ff'.repeat(index)}` }),
    values: [bound],
  },
  {
    application: 'the id of the key beside the value',
    name: 'webhook_endpoints',
    create: 'id bigserial PRIMARY KEY, url text NOT NULL, secret text NOT NULL, key_id varchar(16)',
    model: `model WebhookEndpoint {
  id     BigInt  @id
  secret String  /// @encrypted {iv}.{content}{tag} base64url
  keyId  String? @map("key_id") /// @encrypted {keyId}

  @@map("webhook_endpoints")
}
`,
    others: (index) => ({ id: String(index + 1), url: 'https://example.com/hook' }),
    values: [withKeyId],
  },
];
