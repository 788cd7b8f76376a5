// The application whose keys are rotated, in a few lines of its own: nothing here comes from src/, so that the tool is never
// checked by its own code.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';

export type Encrypted = {
  readonly iv: string;
  readonly content: string;
  readonly tag: string;
};

export type ApplicationRow = Encrypted & { readonly id: string };

export function newKey(): string {
  return randomBytes(32).toString('hex');
}

export function encrypt(keyHex: string, plaintext: Buffer | string, ivBytes = 16): Encrypted {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(keyHex, 'hex'), iv, { authTagLength: 16 });
  const content = Buffer.concat([cipher.update(Buffer.from(plaintext)), cipher.final()]);
  return { iv: iv.toString('hex'), content: content.toString('hex'), tag: cipher.getAuthTag().toString('hex') };
}

/** @returns the plaintext; null if the value cannot be decrypted */
export function decrypt(keyHex: string, value: Encrypted): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(keyHex, 'hex'), Buffer.from(value.iv, 'hex'), {
      authTagLength: 16,
    });
    decipher.setAuthTag(Buffer.from(value.tag, 'hex'));
    return Buffer.concat([decipher.update(Buffer.from(value.content, 'hex')), decipher.final()]);
  } catch {
    return null;
  }
}

/** The tables as a real application has them. */
export const CREATE_TABLES = `
  CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE
  );
  CREATE TABLE user_api_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider varchar(20) NOT NULL,
    iv varchar(32) NOT NULL,
    content text NOT NULL,
    tag varchar(32) NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    UNIQUE (user_id, provider)
  );
  CREATE INDEX user_api_keys_user_id ON user_api_keys (user_id);
  CREATE INDEX user_api_keys_provider_active ON user_api_keys (provider, is_active);`;

/** @returns a key as a provider issues it: 73 bytes */
export function providerKey(): string {
  return `sk-or-v1-${randomBytes(32).toString('hex')}`;
}

/** Inserts one row for each value, each with a user of its own; the ids are random. */
export async function insertKeys(client: ClientBase | Pool, values: readonly Encrypted[]): Promise<string[]> {
  const { rows } = await client.query(
    `WITH given AS (
       SELECT *, gen_random_uuid() AS user_id FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS g (iv, content, tag, n)
     ), new_users AS (
       INSERT INTO users (id, email) SELECT user_id, user_id || '@example.com' FROM given
     )
     INSERT INTO user_api_keys (user_id, provider, iv, content, tag, is_active, created_at, updated_at, last_used_at)
     SELECT user_id, 'openrouter', iv, content, tag, n % 7 <> 0, now() - n * interval '1 hour', now() - n * interval '7 min',
            CASE WHEN n % 3 = 0 THEN now() - n * interval '1 min' END
       FROM given ORDER BY n
     RETURNING id`,
    [values.map(({ iv }) => iv), values.map(({ content }) => content), values.map(({ tag }) => tag)],
  );
  return rows.map(({ id }) => String(id));
}
