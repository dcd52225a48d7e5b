import { afterEach, expect, test } from 'vitest';
import { createHealthServer, type HealthServer } from './health.ts';
import { silentLog } from './log.ts';
import { createMetrics } from './metrics.ts';

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function start(reasons: { ready?: string[]; alive?: string[] } = {}) {
  const metrics = createMetrics('test', '1.2.3');
  server = await createHealthServer({ port: 0, bindAddress: '127.0.0.1', notReady: () => reasons.ready ?? [], notAlive: () => reasons.alive ?? [], metrics, log: silentLog });
  const port = server.port;
  return { metrics, get: async (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method }).then(async (response) => ({ status: response.status, text: await response.text() })) };
}

test('a process that is ready and alive says so', async () => {
  const { get } = await start();
  expect(await get('/readyz')).toEqual({ status: 200, text: 'ok\n' });
  expect(await get('/livez?verbose')).toEqual({ status: 200, text: 'ok\n' });
});

test('a process that is not ready says why and stays alive', async () => {
  const { get } = await start({ ready: ['no certificate yet', 'no leader'] });
  expect(await get('/readyz')).toEqual({ status: 503, text: 'no certificate yet\nno leader\n' });
  expect((await get('/livez')).status).toBe(200);
});

test('a process that must be restarted fails its liveness', async () => {
  const { get } = await start({ alive: ['event loop stuck'] });
  expect((await get('/livez')).status).toBe(503);
});

test('metrics hold our own, the build and the event loop lag', async () => {
  const { get, metrics } = await start();
  metrics.counter('tasks_total', 'Tasks.', ['outcome']).inc({ outcome: 'Succeeded' }, 2);
  metrics.gauge('agents_connected', 'Agents.', { collect: (gauge) => gauge.set(7) });
  const { text } = await get('/metrics');
  expect(text).toContain('coditect_tasks_total{outcome="Succeeded"} 2');
  expect(text).toContain('coditect_agents_connected 7');
  expect(text).toMatch(/coditect_build_info\{component="test",version="1\.2\.3",node="v[^"]+"\} 1/);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

test('two sets of metrics in one process do not meet', async () => {
  const [one, two] = [createMetrics('one', '1'), createMetrics('two', '1')];
  one.counter('tasks_total', 'Tasks.').inc();
  two.counter('tasks_total', 'Tasks.');
  expect(await two.text()).toContain('coditect_tasks_total 0');
});

test('anything else is refused', async () => {
  const { get } = await start();
  expect((await get('/')).status).toBe(404);
  expect((await get('/livez', 'POST')).status).toBe(405);
});

const misnamed: Record<string, () => unknown> = {
  'a counter that does not end in _total': () => createMetrics('t', '1').counter('tasks', 'x'),
  'a gauge that pretends to be a counter': () => createMetrics('t', '1').gauge('tasks_total', 'x'),
  'a histogram without its unit': () => createMetrics('t', '1').histogram('latency', 'x', { buckets: [1] }),
  'a name in camelCase': () => createMetrics('t', '1').gauge('tasksRunning', 'x'),
};
test.each(Object.entries(misnamed))('%s is refused', (_, make) => expect(make).toThrow(/is not called/));
