import { open, seal } from './cipher.ts';
import { cell, formOf, type StoredTable, type StoredValue } from './stored-value.ts';

/** The first is beyond 2^53: as a number of JavaScript, it and its neighbours would be one and the same. */
const FIRST_ID = 9007199254740993n;

/** @param write - the JSON that the application stores: hex strings, and what else it keeps in the object */
function jsonValue(
  name: string,
  column: string,
  contentMember: string,
  write: (iv: string, content: string, tag: string) => string,
): StoredValue {
  return {
    ...{ name, columns: [column], keyId: null, bound: false, isThere: () => true },
    seal(key, plaintext) {
      const { iv, content, tag } = seal(key, plaintext, 12);
      return { [column]: write(iv.toString('hex'), content.toString('hex'), tag.toString('hex')) };
    },
    open(key, row) {
      const object: Record<string, string> = JSON.parse(cell(row, column));
      const part = (member: string) => Buffer.from(object[member] ?? '', 'hex');
      return open(key, { iv: part('iv'), content: part(contentMember), tag: part('tag') });
    },
    form: (row) => formOf(cell(row, column)),
  };
}

export const jsonTables: readonly StoredTable[] = [
  {
    application: 'JSON objects under ids beyond 2^53',
    name: 'integrations',
    create: 'id bigint PRIMARY KEY, kind text NOT NULL, config jsonb, legacy json',
    model: `model Integration {
  id     BigInt @id
  config Json?  /// @encrypted(config) {"iv":"{iv}","data":"{content}","tag":"{tag}"}
  legacy Json?  /// @encrypted(legacy) {"iv":"{iv}","content":"{content}","tag":"{tag}"}

  @@map("integrations")
}
`,
    others: (index) => ({ id: String(FIRST_ID + BigInt(index)), kind: 'slack' }),
    values: [
      jsonValue(
        'Integration.config',
        'config',
        'data',
        (iv, data, tag) => `{"version":2,"data":"${data}","account":9007199254740993123,"iv":"${iv}","tag":"${tag}"}`,
      ),
      jsonValue(
        'Integration.legacy',
        'legacy',
        'content',
        (iv, content, tag) =>
          `{ "tag" : "${tag}",\n  "serial": 12345678901234567890.10, "iv":"${iv}", "content": "${content}", "note": "caf\\u00e9" }`,
      ),
    ],
  },
];
