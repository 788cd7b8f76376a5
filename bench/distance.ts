import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { withClient } from '../test/support/server/with-client.ts';
import { type Spread, spread } from './spread.ts';

const ROUND_TRIPS = 51;

/**
 * Runs `work` with a server that seems to be further away: a round trip takes so many milliseconds longer, about half of them in each
 * direction. Only latency is added: everything is passed on as late as it came, however much is on its way.
 *
 * @param milliseconds - a whole number, as Node's timers are no finer
 */
export async function withDistance<T>(serverUrl: string, milliseconds: number, work: (url: string) => Promise<T>): Promise<T> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(Number(port || 5432), hostname);
    for (const socket of [client, server]) {
      sockets.add(socket.setNoDelay(true));
      // What follows is 'close'.
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    }
    relay(client, server, Math.ceil(milliseconds / 2));
    relay(server, client, Math.floor(milliseconds / 2));
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  try {
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('the way to the database has no port');
    return await work(Object.assign(new URL(serverUrl), { hostname: '127.0.0.1', port: address.port }).href);
  } finally {
    listener.close();
    for (const socket of sockets) socket.destroy();
    await once(listener, 'close');
  }
}

/** Node's timers of the same length end in the order in which they began, so nothing overtakes. */
function relay(source: Socket, sink: Socket, milliseconds: number): void {
  // A timer of 0 ms would take 1 ms.
  const later = (pass: () => void) => (milliseconds === 0 ? pass() : setTimeout(pass, milliseconds));
  source.on('data', (bytes) => later(() => sink.write(bytes)));
  source.once('close', () => later(() => sink.end()));
}

/** @returns the milliseconds from a question to its answer, where the server has nothing to do */
export function measureRoundTrip(url: string): Promise<Spread> {
  return withClient(url, async (client) => {
    const measured: number[] = [];
    for (let count = 0; count < ROUND_TRIPS; count += 1) {
      const start = performance.now();
      await client.query('SELECT 1');
      measured.push(performance.now() - start);
    }
    return spread(measured);
  });
}
