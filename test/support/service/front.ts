import { once } from 'node:events';
import { Agent, createServer, request as send } from 'node:http';

/** A replica as the front sees it. */
export interface Upstream {
  readonly port: number;
  /** Resolves once it is out of the rotation, and the requests that it had in hand are answered. */
  drain(): Promise<void>;
}

/** One port in front of several replicas, which take turns. */
export interface Front {
  readonly port: number;
  add(port: number): Upstream;
  close(): Promise<void>;
}

interface Member {
  readonly port: number;
  readonly agent: Agent;
  inHand: number;
  whenIdle: () => void;
}

/** A request that its replica does not answer is answered with 502: nobody knows whether it was carried out. */
export async function startFront(): Promise<Front> {
  const members: Member[] = [];
  let turn = 0;

  const server = createServer((request, response) => {
    turn += 1;
    const member = members[turn % members.length];
    if (member === undefined) {
      response.writeHead(503).end();
      return;
    }
    member.inHand += 1;
    response.once('close', () => {
      member.inHand -= 1;
      if (member.inHand === 0) member.whenIdle();
    });
    const { method, url: path, headers } = request;
    const { agent, port } = member;
    const upstream = send({ agent, host: '127.0.0.1', port, method, path, headers }, (answer) => {
      answer.once('error', () => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.once('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'Content-Length': 0 }).end();
    });
    request.pipe(upstream);
  });
  // An idle connection that the server closes could cost a client its next request.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the front has no port');

  return {
    port: address.port,
    add(port) {
      const member: Member = { port, agent: new Agent({ keepAlive: true }), inHand: 0, whenIdle: () => {} };
      members.push(member);
      return {
        port,
        async drain() {
          if (members.includes(member)) members.splice(members.indexOf(member), 1);
          await new Promise<void>((resolve) => {
            member.whenIdle = resolve;
            if (member.inHand === 0) resolve();
          });
          member.agent.destroy();
        },
      };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
