// The one part of the kubelet's API that people need here: GET /containerLogs/<namespace>/<pod>/<container>, for the API server alone.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { NodeConfig } from './config.ts';
import type { ContainerLog } from './container-log.ts';
import { type LogQuery, parseLogQuery, printLine, selectLines } from './log-query.ts';

/** Finds the log of a container, or undefined. */
export type FindLog = (namespace: string, pod: string, container: string) => ContainerLog | undefined;

/** Serves logs on 127.0.0.1 to the client that the configuration names. */
export async function serveLogs({ api, serving }: Pick<NodeConfig, 'api' | 'serving'>, find: FindLog): Promise<Server> {
  const tls = { key: serving.key, cert: serving.certificate, ca: api.ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  const server = createServer(tls, (request, response) => {
    if ((request.socket as TLSSocket).getPeerCertificate().subject?.CN !== serving.clientName) return refuse(response, 403, 'only the API server may read logs here');
    answer(request, response, find);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(serving.port, '127.0.0.1', resolve);
  });
  return server;
}

function answer(request: IncomingMessage, response: ServerResponse, find: FindLog): void {
  const url = new URL(request.url ?? '/', 'https://node');
  const [root, namespace = '', pod = '', container = ''] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (request.method !== 'GET' || root !== 'containerLogs') return refuse(response, 404, 'this node serves /containerLogs only: exec, attach and port-forward are not supported');
  const log = find(namespace, pod, container);
  if (log === undefined) return refuse(response, 404, `container ${container} has not started`);
  print(log, parseLogQuery(url.searchParams, Date.now()), response);
}

function print(log: ContainerLog, query: LogQuery, response: ServerResponse): void {
  const lines = log.read(query.previous ? 'previous' : 'current');
  if (lines === undefined) return refuse(response, 404, query.previous ? 'the container has no previous run' : 'the container has not started');
  response.writeHead(200, { 'content-type': 'text/plain' });
  const write = limitedWriter(response, query);
  for (const line of selectLines(lines, query)) write(line);
  if (!query.follow || query.previous || !log.isOpen) {
    response.end();
    return;
  }
  response.flushHeaders();
  // Nothing can be written between the read above and this: both happen in one turn.
  const unfollow = log.follow((line) => (line === undefined ? response.end() : write(line)));
  response.once('close', unfollow);
}

function limitedWriter(response: ServerResponse, query: LogQuery): (line: string) => void {
  let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  return (line) => {
    const text = Buffer.from(printLine(line, query));
    if (left > 0) response.write(text.subarray(0, left));
    left -= text.length;
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${message}\n`);
}
