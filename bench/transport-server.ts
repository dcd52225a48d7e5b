// The server of the transport bench, on a thread of its own: one small Task, whatever is asked.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { cert, key } = workerData as { readonly cert: string; readonly key: string };
const task = JSON.stringify({
  apiVersion: 'coditect.ai/v1alpha1', kind: 'Task',
  metadata: { name: 'build', namespace: 'bench', uid: '4f1c5c0e-7e4c-4a63-9d0e-2f6c0f5f6a11', resourceVersion: '42', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { type: 'Tester', intent: { action: 'RunTests', params: { framework: 'vitest' } } },
});
const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(task);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
