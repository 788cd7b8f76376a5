import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { firstOf, isInstalled, run, sayIfMissing } from './program.ts';

/** SoftHSM, which behaves as an HSM does behind PKCS#11, with an RSA key that never leaves it. */
export interface SoftHsm {
  /** What an operator sets to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Wraps a text by the RSA key. @returns the command that unwraps it, as JSON */
  wrap(text: string): Promise<string>;
  /** Stores a text as a private data object. @returns the command that reads it, as JSON */
  store(text: string): Promise<string>;
  remove(): void;
}

const library = firstOf(
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
);
export const hasSoftHsm = library !== null && isInstalled('pkcs11-tool', '--help');
export const sayIfNoSoftHsm = (suite: string) =>
  sayIfMissing(hasSoftHsm, suite, 'SoftHSM or pkcs11-tool is not on this machine (Debian: apt install softhsm2 opensc)');

/** @param pin - of the user of the token */
export async function startSoftHsm(pin: string): Promise<SoftHsm> {
  const folder = mkdtempSync(path.join(tmpdir(), 'soft-hsm-'));
  const at = (name: string) => path.join(folder, name);
  mkdirSync(at('tokens'));
  writeFileSync(at('softhsm2.conf'), `directories.tokendir = ${at('tokens')}\nlog.level = ERROR\n`);
  const env = { SOFTHSM2_CONF: at('softhsm2.conf'), PIN: pin };
  const token = ['--module', library ?? '', '--token-label', 'app'];
  const login = [...token, '--login', '--pin', 'env:PIN'];
  const tool = (args: readonly string[]) => run('pkcs11-tool', args, { ...env, SO_PIN: pin });
  await tool(['--module', library ?? '', '--init-token', '--slot-index', '0', '--label', 'app', '--so-pin', 'env:SO_PIN']);
  await tool([...token, '--login', '--login-type', 'so', '--so-pin', 'env:SO_PIN', '--init-pin', '--new-pin', 'env:PIN']);
  await tool([...login, '--keypairgen', '--key-type', 'rsa:2048', '--id', '01', '--label', 'wrap']);
  await tool([...token, '--read-object', '--type', 'pubkey', '--id', '01', '--output-file', at('public.der')]);
  return {
    env,
    async wrap(text) {
      writeFileSync(at('plain'), text, { mode: 0o600 });
      const to = ['-pubin', '-keyform', 'DER', '-inkey', at('public.der'), '-pkeyopt', 'rsa_padding_mode:oaep'];
      await run('openssl', ['pkeyutl', '-encrypt', ...to, '-in', at('plain'), '-out', at('wrapped')]);
      const how = ['--mechanism', 'RSA-PKCS-OAEP', '--hash-algorithm', 'SHA-1', '--id', '01', '--input-file', at('wrapped')];
      return JSON.stringify(['pkcs11-tool', ...login, '--decrypt', ...how]);
    },
    async store(text) {
      writeFileSync(at('plain'), text, { mode: 0o600 });
      await tool([...login, '--write-object', at('plain'), '--type', 'data', '--label', 'app-key', '--private']);
      return JSON.stringify(['pkcs11-tool', ...login, '--read-object', '--type', 'data', '--label', 'app-key']);
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
