import { refuse } from '../text/problem.ts';
import type { KeySource } from './key-source.ts';
import { parseKeyText } from './key-text.ts';
import { askVault, member } from './vault.ts';
import { engineOf } from './vault-engine.ts';

const STORED = 'store the key itself there: 64 hex characters, base64:… or utf8:…';

/**
 * `vaultkv://secret/app/keys#field`: a key in a field of a secret of a KV engine, version 2, which is mounted at the first name, or at the path in `engine`.
 *
 * Its API: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 (2026-11).
 */
export const vaultKv: KeySource = {
  unwrap: async (request) => {
    const { reference, label } = request;
    const names = reference.name.split('/');
    const engine = engineOf(request);
    const [mount, secret] = engine === null ? [names.slice(0, 1), names.slice(1)] : [engine, names];
    const version = reference.parameters.get('version');
    if (secret.length === 0) refuse(`${label} names no secret`, 'write it as vaultkv://mount/path/of/the/secret#field');
    if (version !== undefined && !/^[1-9][0-9]*$/u.test(version))
      refuse(`${label} has a version that is not a positive whole number`, 'leave it out for the latest');
    const { status, body } = await askVault(request, {
      path: [...mount, 'data', ...secret],
      query: version === undefined ? '' : `?version=${version}`,
      post: null,
    });
    if (status === 404) {
      return refuse(
        `${label}: Vault has no such secret, or it was deleted (HTTP 404)`,
        'check the path: vault kv get shows it; the first name, or what follows engine=, is the path of a KV engine, version 2',
      );
    }
    if (status !== 200) {
      return refuse(
        `${label}: Vault cannot read the secret (HTTP ${status})`,
        'check VAULT_ADDR, VAULT_NAMESPACE, and the path and version of the secret',
      );
    }
    const text = member(body, 'data', 'data', reference.fragment);
    if (text === undefined)
      return refuse(
        `${label}: the secret in Vault has no field of that name`,
        'vault kv get shows its fields; the name follows the #',
      );
    // What vault kv put reads from a pipe or a file, it stores with the newline at the end.
    const parsed = typeof text === 'string' ? parseKeyText(text.replace(/\r?\n$/u, '')) : null;
    switch (parsed?.kind) {
      case 'bytes':
        return parsed.bytes;
      case 'weak':
      case 'problem':
        return refuse(`${label}: the field in Vault ${parsed.problem}`, STORED);
      default:
        return refuse(`${label}: the field in Vault is not a key`, STORED);
    }
  },
  wrapNew: null,
};
