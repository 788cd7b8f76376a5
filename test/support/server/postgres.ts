import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { getContainerRuntimeClient } from 'testcontainers';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { forgetPgVariables } from './pg-variables.ts';

/** The one PostgreSQL server that all the tests share. */
export interface TestServer {
  readonly kind: 'given' | 'container' | 'embedded';
  /** In a line, for a person. */
  readonly label: string;
  /** Connects as a role that may create databases. */
  readonly url: string;
  stop(): Promise<void>;
}

const DEFAULT_IMAGE = 'postgres:17-alpine';
/** Tests make and drop many small databases; none of them must survive a crash of the machine. */
const SETTINGS = ['fsync=off', 'max_connections=200'];

/**
 * Decides which PostgreSQL the tests get: TEST_DATABASE_URL if it is set, else a container if a Docker engine answers, else the
 * embedded server. TEST_POSTGRES=container|embedded forces one. What was started is gone after `stop`, and also if the process
 * exits before.
 *
 * @throws Error, with what to do, if the one that was asked for cannot start
 */
export async function startTestServer(env: NodeJS.ProcessEnv): Promise<TestServer> {
  const given = env['TEST_DATABASE_URL'];
  const forced = env['TEST_POSTGRES'] ?? '';
  if (!['', 'container', 'embedded'].includes(forced))
    throw new Error(`TEST_POSTGRES is ${forced}: it must be container or embedded`);
  if (given !== undefined && given !== '') {
    if (forced !== '') throw new Error('TEST_DATABASE_URL and TEST_POSTGRES are both set: unset one of them');
    return { kind: 'given', label: 'the server of TEST_DATABASE_URL', url: given, stop: async () => {} };
  }
  if (forced === 'embedded') return startEmbedded();
  if (forced === 'container') return startContainer(env);
  if (!(await dockerAnswers())) return startEmbedded();
  return startContainer(env).catch((error: unknown) => {
    console.log(`PostgreSQL for the tests: the container did not start (${String(error)}), the embedded server is used instead`);
    return startEmbedded();
  });
}

async function dockerAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

async function startEmbedded(): Promise<TestServer> {
  const server = await startEmbeddedPostgres(SETTINGS);
  return {
    kind: 'embedded',
    label: 'embedded-postgres',
    url: `${server.url}postgres`,
    stop: server.stop,
  };
}

async function startContainer(env: NodeJS.ProcessEnv): Promise<TestServer> {
  forgetPgVariables();
  const image = env['TEST_POSTGRES_IMAGE'] || DEFAULT_IMAGE;
  if (!(await dockerAnswers())) {
    throw new Error('TEST_POSTGRES=container, but no Docker engine answers: start one, or leave TEST_POSTGRES unset');
  }
  const command = ['postgres', ...SETTINGS.flatMap((setting) => ['-c', setting])];
  // A name of our own: an interrupted start can be undone before there is an id.
  const name = `rotate-key-test-${randomBytes(6).toString('hex')}`;
  const remove = () => void spawnSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore', timeout: 10_000 });
  process.once('exit', remove);
  const container = await new PostgreSqlContainer(image)
    .withName(name)
    .withPassword(randomBytes(16).toString('hex'))
    .withCommand(command)
    .start()
    .catch((error: unknown) => {
      remove();
      throw new Error(`the image ${image} did not start; TEST_POSTGRES_IMAGE names another: ${String(error)}`);
    });
  return {
    kind: 'container',
    label: `a testcontainer of ${image}`,
    url: container.getConnectionUri(),
    stop: async () => {
      await container.stop();
      process.off('exit', remove);
    },
  };
}
