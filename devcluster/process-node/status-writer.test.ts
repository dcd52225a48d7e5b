import { expect, test } from 'vitest';
import { type ApiClient, ApiError, type ApiRequest } from '../api-client.ts';
import type { Pod, PodStatus } from './pod.ts';
import { statusWriter } from './status-writer.ts';

const pod: Pod = { metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1' }, spec: { containers: [] } };
const status = (phase: NonNullable<PodStatus['phase']>, time = 't'): PodStatus => ({ phase, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }] });

/** A server that answers as told, in order; then always well. */
function fakeClient(answers: (number | undefined)[]) {
  const sent: ApiRequest[] = [];
  const client: ApiClient = {
    send: <T>(request: ApiRequest) => {
      sent.push(request);
      const failure = answers.shift();
      return failure === undefined ? Promise.resolve({} as T) : Promise.reject(new ApiError('no', failure));
    },
    watch: () => Promise.resolve(),
    close: () => {},
  };
  const phases = () => sent.map(({ body }) => (body as { status: PodStatus }).status.phase);
  return { client, sent, phases };
}

test('the newest of several statuses is written, not each', async () => {
  const { client, phases } = fakeClient([]);
  const writer = statusWriter(client, pod);
  for (const phase of ['Pending', 'Running', 'Failed'] as const) writer.push(status(phase));
  await writer.flushed();
  expect(phases()).toEqual(['Pending', 'Failed']);
});

test('a status that differs only in times is not written again', async () => {
  const { client, phases } = fakeClient([]);
  const writer = statusWriter(client, pod);
  writer.push(status('Running', 'a'));
  await writer.flushed();
  writer.push(status('Running', 'b'));
  await writer.flushed();
  expect(phases()).toEqual(['Running']);
});

test('an API server that is away is waited for', async () => {
  const { client, phases } = fakeClient([0, 503]);
  const writer = statusWriter(client, pod);
  writer.push(status('Running'));
  await writer.flushed();
  expect(phases()).toEqual(['Running', 'Running', 'Running']);
});

test('a pod that is gone, or another one of its name, is given up', async () => {
  const { client, phases } = fakeClient([404]);
  const writer = statusWriter(client, pod);
  writer.push(status('Running'));
  await writer.flushed();
  expect(phases()).toEqual(['Running']);
});

test('the patch names the uid and takes reasons out that hold no more', async () => {
  const { client, sent } = fakeClient([]);
  const writer = statusWriter(client, pod);
  writer.push(status('Running'));
  await writer.flushed();
  expect(sent[0]?.body).toMatchObject({ metadata: { uid: 'u' }, status: { conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }] } });
});
