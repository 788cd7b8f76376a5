// Answers as the documentation of Vault's HTTP API says, so far as transit and KV version 2 are needed: neither Vault nor OpenBao is
// packaged for Debian or npm. https://developer.hashicorp.com/vault/api-docs (2026-11).
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Answered, type Asked, type Loopback, startHttp } from './loopback.ts';

export interface VaultStub {
  readonly address: string;
  /** What an operator sets to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** @returns a key wrapped by the transit key `app` */
  wrap(key: Buffer): string;
  /** Stores version 1 of a secret of the engine that is mounted at `secret`; below `team/secret/`, of the one that is mounted there. */
  put(path: string, fields: Readonly<Record<string, unknown>>): void;
  readonly server: Loopback;
}

const NAMESPACE = 'team-a';

export async function startVault(token: string): Promise<VaultStub> {
  const wrappingKey = randomBytes(32);
  const secrets = new Map<string, Readonly<Record<string, unknown>>>();
  const server = await startHttp((asked) => answer(asked, token, wrappingKey, secrets));
  const address = `http://127.0.0.1:${server.port}`;
  return {
    ...{ server, address, env: { VAULT_ADDR: address, VAULT_TOKEN: token, VAULT_NAMESPACE: NAMESPACE } },
    wrap: (key) => wrapped(wrappingKey, key),
    put: (path, fields) => secrets.set(path, fields),
  };
}

function answer(
  { method, path, headers, body }: Asked,
  token: string,
  wrappingKey: Buffer,
  secrets: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Answered {
  if (headers['x-vault-request'] !== 'true') return errors(400, 'required header is missing');
  if (headers['x-vault-token'] !== token || headers['x-vault-namespace'] !== NAMESPACE) return errors(403, 'permission denied');
  const route = `${method} ${path}`;
  if (route === 'POST /v1/transit/decrypt/app') {
    const key = unwrapped(wrappingKey, JSON.parse(body).ciphertext);
    return key === null ? errors(400, 'cipher: message authentication failed') : data({ plaintext: key.toString('base64') });
  }
  if (route === 'POST /v1/transit/datakey/wrapped/app')
    return data({ ciphertext: wrapped(wrappingKey, randomBytes(JSON.parse(body).bits / 8)), key_version: 1 });
  if (path.startsWith('/v1/transit/')) return errors(400, 'encryption key not found');
  const [, engine = '', secret = '', version = '1'] =
    /^GET \/v1\/(secret|team\/secret)\/data\/([^?]+)(?:\?version=([0-9]+))?$/u.exec(route) ?? [];
  const fields = secrets.get(engine === 'secret' ? secret : `${engine}/${secret}`);
  return fields === undefined || version !== '1'
    ? errors(404)
    : data({ data: fields, metadata: { version: 1, destroyed: false } });
}

function data(of: object): Answered {
  return { status: 200, body: JSON.stringify({ request_id: '1', lease_id: '', data: of, auth: null }) };
}

function errors(status: number, ...messages: readonly string[]): Answered {
  return { status, body: JSON.stringify({ errors: messages }) };
}

function wrapped(wrappingKey: Buffer, key: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey, iv);
  return `vault:v1:${Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString('base64')}`;
}

function unwrapped(wrappingKey: Buffer, ciphertext: string): Buffer | null {
  const bytes = Buffer.from(ciphertext.slice('vault:v1:'.length), 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', wrappingKey, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}
