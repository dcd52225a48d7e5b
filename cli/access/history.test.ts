// The mirror's answers in the plugin's words, over the real messages.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { t0, wholeMission } from '#domain/replay/testing.ts';
import { HistoryService, type ReplayRequest } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';
import { errorLine } from '../failure.ts';
import { openDoor } from './door.ts';
import { fakeClient, fakeCluster } from './fake.ts';
import { historyCalls, type Told } from './history.ts';

const event = wholeMission({ version: 1, at: t0, status: {} });
type Answer = { eventsJson?: string[]; gap?: string; synced?: boolean };

async function asked(replay: (request: ReplayRequest) => AsyncIterable<Answer>, signal = new AbortController().signal): Promise<Told[]> {
  const transport = createRouterTransport((router) => void router.service(HistoryService, { replay }));
  const all: Told[] = [];
  for await (const told of historyCalls(createClient(HistoryService, transport), 'demo').replay('examine', { task: 'a', types: ['agent'] }, signal)) all.push(told);
  return all;
}

async function* saying(...answers: readonly Answer[]): AsyncGenerator<Answer> {
  yield* answers;
}

test('events come parsed and as they were sent, between gaps and the mark', async () => {
  let request: ReplayRequest | undefined;
  const text = JSON.stringify({ ...event, extra: 1 });
  const told = await asked((seen) => ((request = seen), saying({ gap: 'lost' }, { eventsJson: [text] }, { synced: true })));
  expect(told).toEqual([{ kind: 'gap', gap: 'lost' }, { kind: 'event', event: { ...event, extra: 1 }, text }, { kind: 'synced' }]);
  expect(request).toMatchObject({ mission: { namespace: 'demo', name: 'examine' }, task: 'a', types: ['agent'], from: '', follow: false });
});

describe('an event that cannot be read is a gap', () => {
  const cases: Record<string, { text: string; want: RegExp }> = {
    'of a newer type': { text: JSON.stringify({ ...event, type: 'ai.coditect.mission.started.v9' }), want: /^an event of type ai\.coditect\.mission\.started\.v9 is left out: this plugin does not know it$/ },
    'that is not valid': { text: JSON.stringify({ ...event, data: {} }), want: /^an event is left out: data\.name: / },
    'that is no JSON': { text: '{', want: /^an event is left out: / },
  };
  test.each(Object.entries(cases))('%s', async (_, { text, want }) => expect(await asked(() => saying({ eventsJson: [text] }))).toEqual([{ kind: 'gap', gap: expect.stringMatching(want) }]));
});

test.each([
  [Code.PermissionDenied, /ask for get on missions, tasks, plans and approvals .* --types/],
  [Code.Unauthenticated, /log in again/],
  [Code.InvalidArgument, /correct the option/],
  [Code.ResourceExhausted, /repeat the command in a moment/],
  [Code.Unimplemented, /servers of an event log/],
  [Code.FailedPrecondition, /bucket of an archive/],
  [Code.DataLoss, /from a backup/],
  [Code.Unavailable, /look at the pod of the mirror/],
])('code %i comes with the next step', async (code, next) => {
  // oxlint-disable-next-line require-yield -- it fails before it has anything
  const line = await asked(async function* () {
    throw new ConnectError('because', code);
  }).catch(errorLine);
  expect(line).toMatch(/^error: ask the mirror: \w+: because ; next: /);
  expect(line).toMatch(next);
});

test('who stops asking gets no error', async () => expect(await asked(() => saying({ synced: true }), AbortSignal.abort())).toEqual([]));

describe('the door of the mirror', () => {
  const ca = { 'configmaps/coditect-ca': { data: { 'ca.crt': 'PEM' } } };
  const pod = (phase: string) => ({ 'pods/coditect-mirror-0': { metadata: { name: 'coditect-mirror-0' }, spec: { containers: [{ ports: [{ name: 'history', containerPort: 9449 }] }] }, status: { phase } } });
  const open = (objects: Record<string, object>) => openDoor(fakeCluster(undefined, fakeClient({ ...ca, ...objects })), 'history');

  test('is a forward to its pod, under its own name', async () => {
    const door = await open(pod('Running'));
    expect(door).toMatchObject({ address: expect.stringMatching(/^127\.0\.0\.1:\d+$/), serverName: 'coditect-mirror.coditect-system.svc', ca: 'PEM' });
    await door.close();
  });

  test('of a dev cluster is the published address', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cli-history-'));
    await writeFile(join(folder, 'endpoints.json'), JSON.stringify({ operators: [], history: '127.0.0.1:4001' }));
    const door = await openDoor({ ...fakeCluster(undefined, fakeClient(ca)), folder }, 'history');
    await rm(folder, { recursive: true });
    expect(door.address).toBe('127.0.0.1:4001');
  });

  test('where there is no mirror says how to get one', async () => {
    expect(await open({}).catch(errorLine)).toMatch(/^error: ask the mirror: this installation has none, .* ; next: install the chart with mirror\.enabled=true .* docs\/events\.md/);
  });

  test('where it does not run says where to look', async () => {
    expect(await open(pod('Pending')).catch(errorLine)).toBe('error: ask the mirror: no pod of coditect-mirror runs ; next: kubectl get pods -n coditect-system');
  });
});
