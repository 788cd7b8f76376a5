import { refuse } from '../text/problem.ts';
import type { KeyRequest, KeySource } from './key-source.ts';
import { decodeBase64 } from './key-text.ts';
import { askVault, member } from './vault.ts';

const WRAPPED = /^vault:v[0-9]+:[A-Za-z0-9+/]+={0,2}$/u;

/**
 * `hashivault://app?engine=transit#vault:v1:…`, with the ciphertext of a data key, in a Vault or an OpenBao.
 *
 * Its API: https://developer.hashicorp.com/vault/api-docs/secret/transit (2026-11).
 */
export const vaultTransit: KeySource = {
  unwrap: async (request) => {
    const { reference, label } = request;
    if (!WRAPPED.test(reference.fragment))
      refuse(`${label} has a wrapped key that is not vault:v1: (or a later version) and base64`, 'copy everything after the #');
    const { status, body } = await askVault(request, {
      path: [...engineOf(request), 'decrypt', reference.name],
      post: { ciphertext: reference.fragment },
    });
    refuseMissing(status, request);
    const plaintext = member(body, 'data', 'plaintext');
    if (status !== 200 || typeof plaintext !== 'string') {
      return refuse(
        `${label}: Vault cannot unwrap the key (HTTP ${status}): another key wrapped it, it is damaged, or there is no such key`,
        'check the name of the key, and copy everything after the #',
      );
    }
    return decodeBase64(plaintext) ?? refuse(`${label}: the server in VAULT_ADDR does not answer like Vault`, 'check VAULT_ADDR');
  },
  wrapNew: async (request) => {
    const { reference, label } = request;
    const { status, body } = await askVault(request, {
      path: [...engineOf(request), 'datakey', 'wrapped', reference.name],
      post: { bits: 256 },
    });
    refuseMissing(status, request);
    const ciphertext = member(body, 'data', 'ciphertext');
    if (status === 200 && typeof ciphertext === 'string' && WRAPPED.test(ciphertext)) return ciphertext;
    return refuse(
      `${label}: Vault cannot make a key (HTTP ${status})`,
      'check the name: vault list transit/keys shows the keys of the engine transit',
    );
  },
};

/** @returns the names of the engine's path, which vault secrets list shows with a slash at the end */
function engineOf({ reference, label }: KeyRequest): readonly string[] {
  const names = (reference.parameters.get('engine') ?? 'transit').split('/').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => ['.', '..'].includes(name)))
    refuse(`${label} names no engine behind engine=`, 'vault secrets list shows the paths of the engines');
  return names;
}

function refuseMissing(status: number, { label }: KeyRequest): void {
  if (status !== 404) return;
  refuse(
    `${label}: Vault has no transit engine at that path (HTTP 404)`,
    'name its path with ?engine=…: vault secrets list shows it',
  );
}
