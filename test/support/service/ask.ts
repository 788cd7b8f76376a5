import { type Agent, request as send } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** @returns the answer of a service on this machine; null if the connection was lost before it was complete */
export function ask(agent: Agent, port: number, method: string, path: string, body?: object): Promise<Answer | null> {
  return new Promise((resolve) => {
    const request = send({ agent, host: '127.0.0.1', port, method, path }, (response) => {
      text(response).then(
        (received) => resolve({ status: response.statusCode ?? 0, body: received }),
        () => resolve(null),
      );
    });
    request.once('error', () => resolve(null));
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
