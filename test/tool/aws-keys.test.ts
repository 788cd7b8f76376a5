import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newKey } from '../support/application/application.ts';
import { type Loopback, startHttp, startSilent } from '../support/keys/loopback.ts';
import { hasMoto, type Moto, REGION, sayIfNoMoto, startMoto } from '../support/keys/moto.ts';
import { refusalsOf, TWO_KEYS } from '../support/keys/refusals.ts';
import { secret } from '../support/tool/known-secrets.ts';
import { runHere } from '../support/tool/run-here.ts';
import { type ToolEnv, workFolder } from '../support/tool/run-tool.ts';

sayIfNoMoto('aws-keys');

const awsSecret = secret(randomBytes(20).toString('base64'));
const good = secret(newKey());
const wrappedHex = secret(newKey());
const short = secret(randomBytes(31).toString('hex'));
const blob = randomBytes(100).toString('base64');

let database: Loopback;
let silent: Loopback;
const servers: Loopback[] = [];

beforeAll(async () => {
  [database, silent] = await Promise.all([startSilent(), startSilent()]);
  servers.push(database, silent);
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const refusals = (key: string, env: ToolEnv) => refusalsOf(database, { ENCRYPTION_KEYS: `${good} ${key}`, ...env });

async function httpThatAnswers(status: number, body: object): Promise<string> {
  const server = await startHttp(() => ({ status, body: JSON.stringify(body) }));
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

describe('AWS KMS', () => {
  const aws = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'AKIATESTTESTTESTTEST', AWS_SECRET_ACCESS_KEY: awsSecret };
  const reference = `awskms:///alias/app#${blob}`;

  it.each([
    ['AccessDeniedException', 'AWS KMS does not allow this identity to use the key, or another key wrapped it'],
    ['DisabledException', 'the key in AWS KMS is disabled'],
    ['KMSInvalidStateException', 'the key in AWS KMS cannot be used in its current state, such as pending deletion'],
    ['NotFoundException', 'AWS KMS has no such key or alias in this region and account'],
    ['IncorrectKeyException', 'another key in AWS KMS wrapped it'],
    [
      'InvalidCiphertextException',
      'AWS KMS cannot unwrap the key: the encryption context differs, the wrapped key is damaged, or another key wrapped it',
    ],
    ['InvalidKeyUsageException', 'the key in AWS KMS is not for encryption'],
    ['ExpiredTokenException', 'AWS does not accept the credentials'],
    ['UnrecognizedClientException', 'AWS does not accept the credentials'],
  ])('is explained when it refuses with %s', async (name, problem) => {
    const AWS_ENDPOINT_URL_KMS = await httpThatAnswers(400, { __type: name, message: good });
    expect(await refusals(reference, { ...aws, AWS_ENDPOINT_URL_KMS })).toEqual([
      `key 2 of ENCRYPTION_KEYS: ${problem} (${name})`,
    ]);
  });

  it('is asked as if variables that are set to nothing were not set', async () => {
    const AWS_ENDPOINT_URL = await httpThatAnswers(400, { __type: 'DisabledException' });
    expect(await refusals(reference, { ...aws, AWS_PROFILE: '', AWS_ENDPOINT_URL_KMS: '', AWS_ENDPOINT_URL })).toEqual([
      'key 2 of ENCRYPTION_KEYS: the key in AWS KMS is disabled (DisabledException)',
    ]);
  });

  it('is asked with the credentials that the SDK finds if the variables for them are set to nothing', async () => {
    const file = path.join(workFolder, 'credentials');
    writeFileSync(file, `[default]\naws_access_key_id = AKIAOFTHEPROFILE\naws_secret_access_key = ${awsSecret}\n`);
    const signers: string[] = [];
    const server = await startHttp(({ headers }) => {
      signers.push(/Credential=([^/]*)/u.exec(String(headers['authorization']))?.[1] ?? 'nobody');
      return { status: 400, body: JSON.stringify({ __type: 'DisabledException' }) };
    });
    servers.push(server);
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' };
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
    try {
      await refusals(reference, { AWS_REGION: REGION, AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${server.port}`, ...none });
    } finally {
      vi.unstubAllEnvs();
    }
    expect(signers).toEqual(['AKIAOFTHEPROFILE']);
  });

  it('is not asked without TLS on another machine', async () => {
    // Reserved for documentation, so that nobody answers: RFC 5737.
    expect(await refusals(reference, { ...aws, AWS_ENDPOINT_URL_KMS: 'http://192.0.2.1:4566', KEY_TIMEOUT_MS: '5000' })).toEqual([
      'key 2 of ENCRYPTION_KEYS: AWS KMS would send the key over the network without TLS',
    ]);
  });

  it.each<[title: string, env: ToolEnv, query: string, problem: string]>([
    ['without a region', { AWS_REGION: '' }, '', 'no valid AWS region is set'],
    ['without a region in the reference', { AWS_REGION: '' }, '?region=', 'no valid AWS region is set'],
    ['with a region that is none', {}, '?region=eu_west_1', 'no valid AWS region is set'],
    ['with an endpoint that is none', { AWS_ENDPOINT_URL_KMS: 'localstack' }, '', 'the endpoint of AWS KMS is not a url'],
  ])('is not asked %s', async (_title, env, query, problem) => {
    const named = reference.replace('#', `${query}#`);
    expect(await refusals(named, { ...aws, ...env })).toEqual([`key 2 of ENCRYPTION_KEYS: ${problem}`]);
  });

  it('is not blamed for a role that AWS does not let anybody assume', async () => {
    const token = path.join(workFolder, 'web-identity');
    writeFileSync(token, 'token');
    const refusal =
      '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';
    const sts = await startHttp(() => ({ status: 403, body: refusal, headers: { 'Content-Type': 'text/xml' } }));
    servers.push(sts);
    // The SDK itself reads them from the environment of the process.
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/app');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', token);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${sts.port}`);
    try {
      expect(await refusals(reference, { AWS_REGION: REGION })).toEqual([
        'key 2 of ENCRYPTION_KEYS: AWS does not let this identity assume its role (AccessDenied)',
      ]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('is explained when it refuses for a reason that nobody knows', async () => {
    const AWS_ENDPOINT_URL_KMS = await httpThatAnswers(400, { __type: 'NewException', message: good });
    expect(await refusals(reference, { ...aws, AWS_ENDPOINT_URL_KMS })).toEqual([
      'key 2 of ENCRYPTION_KEYS: AWS KMS failed (NewException, HTTP 400)',
    ]);
  });

  it('is not waited for longer than the limit when it never answers', async () => {
    const env = { ...aws, AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${silent.port}`, KEY_TIMEOUT_MS: '300' };
    expect(await refusals(reference, env)).toEqual(['key 2 of ENCRYPTION_KEYS: AWS KMS did not answer within 0.3 s']);
  });

  it('is explained when nobody listens', async () => {
    expect(await refusals(reference, { ...aws, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1' })).toEqual([
      'key 2 of ENCRYPTION_KEYS: the endpoint of AWS KMS refused the connection: nothing is listening there (ECONNREFUSED)',
    ]);
  });

  it('needs credentials', async () => {
    const env = { AWS_REGION: REGION, AWS_PROFILE: 'nobody' };
    expect(await refusals(reference, env)).toEqual([
      'key 2 of ENCRYPTION_KEYS: no valid AWS credentials could be obtained (CredentialsProviderError)',
    ]);
  });

  describe.skipIf(!hasMoto)('as moto plays it', () => {
    let moto: Moto;
    beforeAll(async () => {
      moto = await startMoto(awsSecret);
      await Promise.all([moto.createKey('alias/app'), moto.createKey('alias/other')]);
    });
    afterAll(() => moto.stop());

    const context = { table: 'user_api_keys', 'a b': 'é&' };
    const query = `context_table=user_api_keys&context_a+b=${encodeURIComponent(context['a b'])}`;

    it('unwraps a key with its encryption context, whose region the reference may name', async () => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(wrappedHex, 'hex'), context);
      for (const name of ['/alias/app', 'alias/app']) {
        const { stderr } = await runHere(['discover'], {
          ...{ ...moto.env, AWS_REGION: undefined, DATABASE_URL: 'postgresql://app@127.0.0.1:1/app' },
          ENCRYPTION_KEYS: `${good} awskms://${name}?region=${REGION}&${query}#${wrapped}`,
        });
        expect(stderr).toMatch(TWO_KEYS);
      }
    });

    const ciphertext =
      'AWS KMS cannot unwrap the key: the encryption context differs, the wrapped key is damaged, or another key wrapped it (InvalidCiphertextException)';
    it.each<[title: string, name: string, asked: string, cut: number, problem: string]>([
      ['another context', 'alias/app', 'context_table=accounts', 0, ciphertext],
      ['no context', 'alias/app', '', 0, ciphertext],
      ['a truncated key', 'alias/app', query, 40, ciphertext],
      [
        'a name that is none',
        'alias/none',
        query,
        0,
        'AWS KMS has no such key or alias in this region and account (NotFoundException)',
      ],
      [
        'another key',
        'alias/other',
        query,
        0,
        'AWS KMS does not allow this identity to use the key, or another key wrapped it (AccessDeniedException)',
      ],
    ])('refuses %s', async (_title, name, asked, cut, problem) => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(wrappedHex, 'hex'), context);
      const shortened = wrapped.slice(0, wrapped.length - cut);
      expect(await refusals(`awskms:///${name}?${asked}#${shortened}`, moto.env)).toEqual([
        `key 2 of ENCRYPTION_KEYS: ${problem}`,
      ]);
    });

    it('refuses a key of 31 bytes', async () => {
      const wrapped = await moto.wrap('alias/app', Buffer.from(short, 'hex'));
      expect(await refusals(`awskms:///alias/app#${wrapped}`, moto.env)).toEqual([
        'key 2 of ENCRYPTION_KEYS: the key that AWS KMS gave has 31 bytes instead of 32',
      ]);
    });
  });
});
