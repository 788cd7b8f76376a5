import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What happens when the message with the planned number arrives. It is not passed on (except, later, by a delay). */
export type Fault =
  /** Its connection is closed in both directions. */
  | 'fin'
  /** Its connection is reset in both directions. */
  | 'rst'
  /** From then on nothing passes, on this connection and on all others, those that are opened later included. */
  | 'stall'
  /** From then on nothing passes on its connection; the others go on, and new ones can be made. */
  | 'stall of one connection'
  /** Nothing passes for a while, on any connection; then all of it does, in order. */
  | 'delay';

export interface FaultPlan {
  readonly fault: Fault;
  /** The number of the message, from 1, over all connections of the run and both directions. */
  readonly at: number;
}

/** One whole message of the PostgreSQL protocol that reached the proxy. */
export interface Message {
  readonly from: 'tool' | 'server';
  /** The letter of the protocol, or `startup`: https://www.postgresql.org/docs/current/protocol-message-formats.html */
  readonly type: string;
  /** The number of the connection, from 1. */
  readonly connection: number;
}

export interface Proxy {
  /** The database, by way of the proxy. */
  readonly url: string;
  /** Every message so far, the one that met the fault included. */
  readonly messages: readonly Message[];
  /** The message that met the fault; null as long as none did. */
  struck(): Message | null;
  close(): Promise<void>;
}

interface Connection {
  readonly number: number;
  readonly tool: Socket;
  readonly server: Socket;
  silent: boolean;
}

const DELAY_MS = 150;

/** A TCP proxy that passes on whole messages, one by one, until the fault. */
export async function startProxy(databaseUrl: string, plan: FaultPlan | null = null): Promise<Proxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const messages: Message[] = [];
  let connections = 0;
  let struck: Message | null = null;
  let allSilent = false;
  let gate: Promise<unknown> = Promise.resolve();

  function accept(tool: Socket): void {
    keep(tool);
    if (allSilent) return;
    const server = keep(connect(Number(target.port), target.hostname));
    connections += 1;
    const connection: Connection = { number: connections, tool, server, silent: false };
    relay('tool', connection);
    relay('server', connection);
  }

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    return socket;
  }

  function relay(from: Message['from'], connection: Connection): void {
    const [source, sink] = from === 'tool' ? [connection.tool, connection.server] : [connection.server, connection.tool];
    const split = createSplitter(from);
    const standsStill = () => allSilent || connection.silent;
    let passing: Promise<void> = Promise.resolve();

    async function pass(type: string, bytes: Buffer): Promise<void> {
      await gate;
      if (standsStill()) return;
      const message = { from, type, connection: connection.number };
      if (messages.push(message) === plan?.at) {
        struck = message;
        strike(plan.fault, connection);
        await gate;
      }
      if (!standsStill()) sink.write(bytes);
    }

    source.on('data', (bytes: Buffer) => {
      for (const { type, message } of split(bytes)) passing = passing.then(() => pass(type, message));
    });
    source.once('close', () => {
      passing = passing.then(() => {
        // A network that stands still does not tell the other side either.
        if (!standsStill()) sink.end();
      });
    });
  }

  function strike(fault: Fault, connection: Connection): void {
    if (fault === 'stall') allSilent = true;
    else if (fault === 'delay') gate = new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    else connection.silent = true;
    for (const socket of [connection.tool, connection.server]) {
      if (fault === 'fin') socket.end();
      if (fault === 'rst') socket.resetAndDestroy();
    }
  }

  const listener = createServer(accept).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);

  return {
    url: url.href,
    messages,
    struck: () => struck,
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}

/** Cuts a stream of bytes into messages: a type of one byte, which only the tool's first message lacks, and a length. */
function createSplitter(from: Message['from']): (bytes: Buffer) => { type: string; message: Buffer }[] {
  let rest: Buffer = Buffer.alloc(0);
  let typeBytes = from === 'tool' ? 0 : 1;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const found = [];
    while (rest.length >= typeBytes + 4) {
      const end = typeBytes + rest.readUInt32BE(typeBytes);
      if (rest.length < end) break;
      found.push({ type: typeBytes === 0 ? 'startup' : rest.toString('latin1', 0, 1), message: rest.subarray(0, end) });
      rest = rest.subarray(end);
      typeBytes = 1;
    }
    return found;
  };
}
