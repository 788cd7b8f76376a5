import { refuse } from '../text/problem.ts';
import type { KeyRequest, KeySource } from './key-source.ts';
import { decodeBase64 } from './key-text.ts';
import { askVault, member, refuseNotVault } from './vault.ts';
import { engineOf } from './vault-engine.ts';

const TRANSIT = ['transit'];
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
      path: [...(engineOf(request) ?? TRANSIT), 'decrypt', reference.name],
      post: { ciphertext: reference.fragment },
    });
    refuseMissing(status, request);
    const plaintext = member(body, 'data', 'plaintext');
    if (status !== 200 || typeof plaintext !== 'string') {
      return refuse(
        `${label}: Vault cannot unwrap the key (HTTP ${status}): another key wrapped it, its version is no longer allowed, it is damaged, or there is no such key`,
        'check the name of the key and its min_decryption_version, and copy everything after the #',
      );
    }
    return decodeBase64(plaintext) ?? refuseNotVault(label);
  },
  wrapNew: async (request) => {
    const { reference, label } = request;
    const { status, body } = await askVault(request, {
      path: [...(engineOf(request) ?? TRANSIT), 'datakey', 'wrapped', reference.name],
      post: { bits: 256 },
    });
    refuseMissing(status, request);
    const ciphertext = member(body, 'data', 'ciphertext');
    if (status === 200 && typeof ciphertext === 'string' && WRAPPED.test(ciphertext)) return ciphertext;
    return refuse(
      `${label}: Vault cannot make a key (HTTP ${status})`,
      'check the name: vault list shows the keys of an engine, for example of transit/keys',
    );
  },
};

function refuseMissing(status: number, { label }: KeyRequest): void {
  if (status !== 404) return;
  refuse(
    `${label}: Vault has no transit engine at that path (HTTP 404)`,
    'name its path with ?engine=…: vault secrets list shows it',
  );
}
