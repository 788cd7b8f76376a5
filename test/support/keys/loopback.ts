import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import path from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

/** A server of the test's own on this machine. */
export interface Loopback {
  readonly port: number;
  /** How often it was connected to. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** What a request asked for, and what is answered. */
export type Answer = (request: Asked) => Promise<Answered> | Answered;
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers HTTP. */
export async function startHttp(answer: Answer): Promise<Loopback> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const { status, body, headers: more } = await answer({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status, { 'Content-Type': 'application/json', ...more }).end(body);
  });
  return listen(server);
}

/** Speaks TLS with a certificate of an authority that nobody knows. The files are made in `folder`, by openssl. */
export function startUntrusted(folder: string): Promise<Loopback> {
  const openssl = (command: string) => execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' });
  openssl('req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=nobody');
  openssl('req -new -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=127.0.0.1');
  openssl('x509 -req -in server.csr -out server.pem -CA ca.pem -CAkey ca.key -CAcreateserial');
  const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(path.join(folder, name)));
  return listen(createTlsServer({ key, cert }));
}

/** Accepts connections, and never says a word. */
export function startSilent(): Promise<Loopback> {
  return listen(createSocketServer());
}

async function listen(server: Server | ReturnType<typeof createSocketServer>): Promise<Loopback> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
