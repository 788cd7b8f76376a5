import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { CreateAliasCommand, CreateKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { freePort } from '../server/embedded-postgres.ts';
import { isInstalled, sayIfMissing } from './program.ts';

/** Moto, which answers as AWS KMS does, with keys that are known by aliases. */
export interface Moto {
  /** What an operator sets to use it. */
  readonly env: Readonly<Record<string, string>>;
  readonly client: KMSClient;
  /** Makes a key-encryption key. */
  createKey(alias: string): Promise<void>;
  /** @returns a key wrapped by another, in base64 */
  wrap(alias: string, key: Buffer, context?: Record<string, string>): Promise<string>;
  stop(): Promise<void>;
}

export const REGION = 'eu-west-1';
export const hasMoto = isInstalled('moto_server', '--help');
export const sayIfNoMoto = (suite: string) =>
  sayIfMissing(hasMoto, suite, "moto_server is not on this machine (pip install 'moto[server]')");

export async function startMoto(secretKey: string): Promise<Moto> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const kill = () => void server.kill('SIGKILL');
  process.once('exit', kill);
  await untilItAnswers(endpoint, server);
  const credentials = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: secretKey };
  const client = new KMSClient({ endpoint, region: REGION, credentials });
  return {
    client,
    env: {
      AWS_ENDPOINT_URL_KMS: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretKey,
    },
    async createKey(alias) {
      const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
      await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }));
    },
    async wrap(alias, key, context) {
      const request = { KeyId: alias, Plaintext: key, ...(context === undefined ? {} : { EncryptionContext: context }) };
      const { CiphertextBlob } = await client.send(new EncryptCommand(request));
      return Buffer.from(CiphertextBlob ?? []).toString('base64');
    },
    async stop() {
      client.destroy();
      const ended = once(server, 'exit');
      kill();
      await ended;
      process.off('exit', kill);
    },
  };
}

async function untilItAnswers(endpoint: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const answer = await fetch(endpoint).catch(() => null);
    if (answer !== null) return;
    await setTimeout(20);
  }
  throw new Error('moto_server has ended');
}
