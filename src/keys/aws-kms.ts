import { createRequire } from 'node:module';
import type { KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { printable } from '../text/printable.ts';
import { refuse } from '../text/problem.ts';
import { refuseAwsError } from './aws-problem.ts';
import { isInTheClear } from './in-the-clear.ts';
import type { KeyContext, KeyRequest, KeySource } from './key-source.ts';
import { decodeBase64 } from './key-text.ts';
import type { Reference } from './reference.ts';

type Sdk = typeof import('@aws-sdk/client-kms');

const PACKAGE = '@aws-sdk/client-kms';
const endpoint = z.object({ protocol: z.string(), hostname: z.string() });
/** What the names of parameters begin with that make up the encryption context, as in Go CDK. */
const CONTEXT = 'context_';

/**
 * `awskms:///alias/app?region=eu-west-1&context_table=user_api_keys#…`, with the ciphertext of a data key in base64.
 *
 * The credentials are those that every AWS SDK finds: variables, profiles, single sign-on, the role of a pod or of a machine.
 */
export const awsKms: KeySource = {
  unwrap: async (request) => {
    const wrapped = decodeBase64(request.reference.fragment);
    if (wrapped === null) return refuse(`${request.label} has a wrapped key that is not base64`, 'copy everything after the #');
    return ask(request, async ({ DecryptCommand }, client) => {
      const command = new DecryptCommand({ ...keyOf(request.reference), CiphertextBlob: wrapped });
      const { Plaintext } = await client.send(command, { abortSignal: request.signal });
      const plaintext = Buffer.from(Plaintext ?? []);
      Plaintext?.fill(0);
      return plaintext;
    });
  },
  wrapNew: (request) =>
    ask(request, async ({ GenerateDataKeyWithoutPlaintextCommand }, client) => {
      const command = new GenerateDataKeyWithoutPlaintextCommand({ ...keyOf(request.reference), KeySpec: 'AES_256' });
      const { CiphertextBlob } = await client.send(command, { abortSignal: request.signal });
      return Buffer.from(CiphertextBlob ?? []).toString('base64');
    }),
};

function keyOf({ name, parameters }: Reference) {
  const context = [...parameters].filter(([parameter]) => parameter.startsWith(CONTEXT));
  if (context.length === 0) return { KeyId: name };
  return {
    KeyId: name,
    EncryptionContext: Object.fromEntries(context.map(([key, value]) => [key.slice(CONTEXT.length), value])),
  };
}

async function ask<T>(request: KeyRequest, work: (sdk: Sdk, client: KMSClient) => Promise<T>): Promise<T> {
  const { reference, label, context } = request;
  const sdk = await loadSdk(label);
  const client = new sdk.KMSClient(settingsOf(reference, context));
  // Wherever the SDK has found its endpoint: in a variable, or in a profile.
  client.middlewareStack.add((next) => (args) => next(refuseInTheClear(args, label)), { step: 'build' });
  try {
    await client.config.region().catch(() => {
      return refuse(
        `${label}: no valid AWS region is set`,
        'set ?region= in the reference, or AWS_REGION, to a region such as eu-west-1',
      );
    });
    return await work(sdk, client);
  } catch (error) {
    return refuseAwsError(error, label);
  } finally {
    client.destroy();
  }
}

/** @returns the same request */
function refuseInTheClear<T extends { readonly request: unknown }>(args: T, label: string): T {
  const { protocol, hostname } = endpoint.parse(args.request);
  if (!isInTheClear(protocol, hostname)) return args;
  return refuse(
    `${label}: AWS KMS would send the key over the network without TLS`,
    'begin the endpoint with https://: it is in AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL or the profile',
  );
}

/** The SDK reads the process's own variables: those of the env file are handed to it. What is set to nothing counts as not set. */
function settingsOf({ parameters }: Reference, { env, timeoutMs }: KeyContext) {
  const variable = (name: string) => env[name] || undefined;
  const region = parameters.get('region') || variable('AWS_REGION');
  const endpoint = variable('AWS_ENDPOINT_URL_KMS') ?? variable('AWS_ENDPOINT_URL');
  const profile = variable('AWS_PROFILE');
  const accessKeyId = variable('AWS_ACCESS_KEY_ID');
  const secretAccessKey = variable('AWS_SECRET_ACCESS_KEY');
  const sessionToken = variable('AWS_SESSION_TOKEN');
  const isGiven = profile === undefined && accessKeyId !== undefined && secretAccessKey !== undefined;
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(isGiven
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }
      : {}),
    // What asks for credentials takes these over, and cannot be aborted.
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  };
}

async function loadSdk(label: string): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-kms');
  } catch (error) {
    const install = `npm install --no-save ${PACKAGE}`;
    if (!isInstalled()) return refuse(`${label}: awskms:// needs the package ${PACKAGE}, which is not installed`, install);
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return refuse(`${label}: the package ${PACKAGE} cannot be loaded: ${printable(said)}`, `install it again: ${install}`);
  }
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}
