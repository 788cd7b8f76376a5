// A replica of the service: HTTP around the files that docs/application.md shows, which lie beside it once it is compiled. It prints the
// port that it listens on. SIGTERM, or the end of its stdin, lets it finish the requests in hand and end.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import process from 'node:process';
import { text } from 'node:stream/consumers';

/** What docs/application.md exports as src/provider-keys.ts. */
interface ProviderKeys {
  createKey(key: { readonly id: string; readonly userId: string; readonly provider: string }, apiKey: string): Promise<void>;
  replaceKey(id: string, apiKey: string): Promise<boolean>;
  readKey(id: string): Promise<string | null>;
  listKeys(userId: string): Promise<readonly { readonly id: string; readonly provider: string; readonly apiKey: string }[]>;
  deleteKey(id: string): Promise<boolean>;
}

const beside = (name: string) => import(new URL(name, import.meta.url).href);
const { createKey, replaceKey, readKey, listKeys, deleteKey }: ProviderKeys = await beside('provider-keys.js');
const { prisma } = await beside('prisma.js');

type Answer = readonly [status: number, body?: unknown];

async function answer(request: IncomingMessage): Promise<Answer> {
  const [, collection, id = '', part] = (request.url ?? '').split('/');
  const route = [request.method, collection, part].join(' ');
  const body = request.method === 'POST' || request.method === 'PUT' ? JSON.parse(await text(request)) : {};
  if (route === 'GET users keys') return [200, await listKeys(id)];
  if (route === 'GET keys ') {
    const apiKey = await readKey(id);
    return apiKey === null ? [404] : [200, { apiKey }];
  }
  if (route === 'POST keys ') {
    await createKey({ id, userId: body.userId, provider: body.provider }, body.apiKey);
    return [201];
  }
  if (route === 'PUT keys ') return [(await replaceKey(id, body.apiKey)) ? 204 : 404];
  if (route === 'DELETE keys ') return [(await deleteKey(id)) ? 204 : 404];
  return [405];
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body] = await answer(request).catch((error: unknown): Answer => [500, String(error)]);
  const payload = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) });
  response.end(payload);
}

const server = createServer((request, response) => void respond(request, response));
// An idle connection that the server closes could cost the front a request.
server.keepAliveTimeout = 0;

async function stop(): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  await prisma.$disconnect();
  process.exit();
}

process.once('SIGTERM', () => void stop());
process.stdin.once('end', () => void stop()).resume();
// The first query connects: ready means that the next one is answered at once.
await prisma.$queryRaw`SELECT 1`;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);
});
