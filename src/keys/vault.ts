import { allOf, refuse } from '../text/problem.ts';
import { isInTheClear } from './in-the-clear.ts';
import type { KeyContext, KeyRequest } from './key-source.ts';
import { networkProblem } from './network-problem.ts';

/** What a Vault or an OpenBao answers: https://developer.hashicorp.com/vault/api-docs (2026-11). */
export interface VaultAnswer {
  readonly status: number;
  /** Null if it is not JSON. */
  readonly body: unknown;
}

/** A path below `/v1/`, and what is posted; null reads. */
export interface VaultCall {
  readonly path: readonly string[];
  readonly query?: string;
  readonly post: Readonly<Record<string, unknown>> | null;
}

/** What a header can hold, or nothing at all. */
const HEADER = /^[\x21-\x7e]*$/u;

/**
 * Asks the server of VAULT_ADDR, with the token of VAULT_TOKEN. It follows no redirect, which would take the token elsewhere.
 *
 * @returns any answer that depends on the path: 200, 400, 404 and the like
 * @throws UsageError if there is no answer, or one that has nothing to do with the path
 */
export async function askVault({ label, context, signal }: KeyRequest, { path, query, post }: VaultCall): Promise<VaultAnswer> {
  const [address, token, namespace] = await allOf([readAddress(context), readToken(context), readNamespace(context)]);
  const url = `${address}/v1/${path.map(encodeURIComponent).join('/')}${query ?? ''}`;
  const response = await fetch(url, {
    method: post === null ? 'GET' : 'POST',
    headers: {
      'X-Vault-Token': token,
      'X-Vault-Request': 'true',
      ...(namespace === '' ? {} : { 'X-Vault-Namespace': namespace }),
    },
    body: post === null ? null : JSON.stringify(post),
    redirect: 'manual',
    signal,
  }).catch((error: unknown) => refuseNetwork(error, label, signal));
  const text = await response.text().catch((error: unknown) => refuseNetwork(error, label, signal));
  refuseStatus(response.status, label);
  const body = parseJson(text);
  // An answer of 200 that is not JSON comes from something else, such as a login page.
  if (response.status === 200 && body === null) return refuseNotVault(label);
  return { status: response.status, body };
}

/** @throws UsageError */
export function refuseNotVault(label: string): never {
  return refuse(`${label}: the server in VAULT_ADDR does not answer as Vault does`, 'check VAULT_ADDR');
}

function refuseNetwork(error: unknown, label: string, signal: AbortSignal): never {
  signal.throwIfAborted();
  // A port that fetch does not go to, for example, has no code.
  const problem = networkProblem(error) ?? 'cannot be reached';
  return refuse(
    `${label}: the server in VAULT_ADDR ${problem}`,
    'check VAULT_ADDR and the network; for a private CA, set NODE_EXTRA_CA_CERTS in the environment to its certificate',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function readToken(context: KeyContext): Promise<string> {
  const token = context.read('VAULT_TOKEN', 'set it to a token that may use the key, such as one that vault login gives');
  if (token !== '' && HEADER.test(token)) return token;
  return refuse('VAULT_TOKEN is not a token', 'set it to the token and nothing else');
}

async function readNamespace({ env }: KeyContext): Promise<string> {
  const namespace = env['VAULT_NAMESPACE'] ?? '';
  return HEADER.test(namespace)
    ? namespace
    : refuse('VAULT_NAMESPACE is not the path of a namespace', 'set it to a path such as team/app');
}

async function readAddress(context: KeyContext): Promise<string> {
  const text = context.read('VAULT_ADDR', 'set it to the address of the server, such as https://vault.example.com:8200');
  const hint = 'set it to the address of the server alone, such as https://vault.example.com:8200';
  if (!URL.canParse(text)) return refuse('VAULT_ADDR is not a url', hint);
  const { protocol, hostname, username, password, search, hash, origin, pathname } = new URL(text);
  if (!['https:', 'http:'].includes(protocol)) return refuse('VAULT_ADDR does not begin with https://', hint);
  if (username + password + search + hash !== '') return refuse('VAULT_ADDR has more than a host, a port and a path', hint);
  if (isInTheClear(protocol, hostname)) {
    return refuse(
      'VAULT_ADDR would send the token and the key over the network without TLS',
      'begin it with https://, or run a Vault agent on this machine',
    );
  }
  // The whole url may end in a ? or a # of nothing.
  return origin + pathname.replace(/\/+$/u, '');
}

function refuseStatus(status: number, label: string): void {
  if (status >= 300 && status < 400) {
    refuse(
      `${label}: the server in VAULT_ADDR redirects (HTTP ${status}), which is not followed: the token would go elsewhere`,
      'set VAULT_ADDR to the server that it leads to, such as the active node of a cluster',
    );
  }
  if (status === 403) {
    refuse(
      `${label}: Vault does not accept the token, or does not allow it to do this (HTTP 403)`,
      'check VAULT_NAMESPACE and the path; see what the token may do with vault token lookup and vault token capabilities, or log in again',
    );
  }
  if (status === 503)
    refuse(`${label}: Vault is sealed or under maintenance (HTTP 503)`, 'unseal it, or wait; then run the same command again');
  if (status === 429) refuse(`${label}: Vault is limiting requests (HTTP 429)`, 'run the same command again');
  if (status >= 500) refuse(`${label}: Vault failed (HTTP ${status})`, 'see vault status, then run the same command again');
}

/** @returns what stands in an answer under these names, one within the other; undefined where it is missing */
export function member(body: unknown, ...names: readonly string[]): unknown {
  let value = body;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
