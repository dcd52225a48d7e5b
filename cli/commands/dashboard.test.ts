// `dashboard`: an address for the browser, until Ctrl-C; and words where there is no console.
import { Readable } from 'node:stream';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { openConsole } from '../access/console.ts';
import { fakeClient, fakeCluster, fakeSession } from '../access/fake.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { dashboardCommand } from './dashboard.ts';

const clock = new ManualClock(0);

function aSession(signal: AbortSignal) {
  const terminal = fakeTerminal();
  const closed: string[] = [];
  const answer = Object.assign(Readable.from(['the page']), { statusCode: 200, headers: {} }) as unknown as IncomingMessage;
  const openPage = () => Promise.resolve({ get: () => Promise.resolve(answer), close: () => Promise.resolve(void closed.push('console')) });
  return { terminal, closed, session: { ...fakeSession({ terminal, clock, cluster: fakeCluster(undefined), signal }), openConsole: openPage } };
}

test('prints the address, serves the page, and ends well with Ctrl-C', async () => {
  const interrupt = new AbortController();
  const { terminal, closed, session } = aSession(interrupt.signal);
  const ended = dashboardCommand(session, { port: 0, open: false });
  await expect.poll(() => terminal.out()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?key=[\w-]{43}\n$/);
  const entered = await fetch(terminal.out().trim(), { redirect: 'manual' });
  const page = await fetch(new URL('/', terminal.out().trim()), { headers: { cookie: entered.headers.getSetCookie()[0] ?? '' } });
  expect(await page.text()).toBe('the page');
  interrupt.abort();
  expect(await ended).toBe(0);
  expect(closed).toEqual(['console']);
  await expect(fetch(terminal.out().trim())).rejects.toThrow('fetch failed');
});

test('a port that is taken is told with what to do', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const { session, closed } = aSession(new AbortController().signal);
  expect(await dashboardCommand(session, { port, open: false }).catch(errorLine)).toMatch(new RegExp(`^error: listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.* ; next: name another --port, or none$`));
  expect(closed).toEqual(['console']);
  await new Promise((resolve) => taken.close(resolve));
});

const ca = { 'configmaps/coditect-ca': { metadata: { name: 'coditect-ca' }, data: { 'ca.crt': 'PEM' } } };
const pod = (phase: string) => ({ 'pods/coditect-console-0': { metadata: { name: 'coditect-console-0' }, status: { phase } } });

test.each([
  ['no console', {}, 'error: open the page: this installation has no console ; next: install the chart with console.enabled=true; until then kubectl mission tree shows a mission'],
  ['a console that does not run', pod('Pending'), 'error: open the page: no pod of coditect-console runs ; next: kubectl get pods -n coditect-system'],
])('an installation with %s', async (_, objects, says) => {
  expect(await openConsole(fakeCluster(undefined, fakeClient({ ...ca, ...objects })), clock).catch(errorLine)).toBe(says);
});
