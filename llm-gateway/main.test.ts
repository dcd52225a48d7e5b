// The process as it is started in a cluster, against doubles of the API server, of the operator's enrolment and of the provider.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { roleUri } from '#api/identity.ts';
import { llmHeaders } from '#api/llm.ts';
import { agentPools, missions, tasks } from '#api/v1alpha1/kinds.ts';
import { createLlmClient } from '#platform/anthropic/client.ts';
import { systemClock } from '#platform/clock.ts';
import { issueLeaf } from '#platform/rpc/certificates.ts';
import { EnrolmentService } from '#platform/rpc/generated/coditect/v1alpha1/enrolment_pb.ts';
import { createRpcServer } from '#platform/rpc/servers.ts';
import { operatorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { startFakeProvider } from './fake-provider.ts';
import { account, makePeople, missionObject, type People, question } from './testing.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const closers: (() => unknown)[] = [];
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'llm-gateway-main-'))));
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await rm(folder, { recursive: true });
});

/** An operator that gives everybody the certificate of a gateway. */
async function startEnrolment({ authority, leaf }: People): Promise<number> {
  const shown = await leaf(authority, roleUri('operator'), 'server', [operatorName('sys')]);
  const order = { uri: roleUri('llm-gateway'), dnsNames: ['coditect-llm-gateway.sys.svc'], usage: 'server', lifetimeSeconds: 600 } as const;
  const server = await createRpcServer({
    name: 'enrolment',
    port: 0,
    bindAddress: '127.0.0.1',
    tls: () => shown,
    clientCertificate: 'none',
    routes: (router) => router.service(EnrolmentService, {
      enrol: async ({ certificateRequest }) => {
        const issued = await issueLeaf(authority, certificateRequest, order, Date.now());
        return { certificate: issued.kind === 'issued' ? issued.certificate : '', caBundle: authority.certificate, renewAfterSeconds: 300 };
      },
    }),
    limits: { closeMs: 20 },
    clock: systemClock,
    log: silentLog,
  });
  closers.push(() => server.close());
  return server.port;
}

type Child = ChildProcessByStdio<null, Readable, null>;

async function spawnGateway(people: People, enrolmentPort: number): Promise<Child> {
  const [cluster, provider] = await Promise.all([startFakeApiServer({ types: [missions, tasks, agentPools] }), startFakeProvider()]);
  closers.push(() => cluster.stop(), () => provider.close());
  cluster.put(missionObject({}));
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const operators = [{ pod: 'op-0', api: '127.0.0.1:1', work: '127.0.0.1:1', enrolment: `127.0.0.1:${enrolmentPort}` }];
  const kubeconfig = { 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }], clusters: [{ name: 'c', cluster: { server: cluster.config.server, 'insecure-skip-tls-verify': true } }], users: [{ name: 'u', user: { token: 't' } }] };
  const settings = {
    namespace: 'sys', folder: join(folder, 'journal'), 'bind-address': '127.0.0.1', 'llm-port': '0', 'health-port': '0', 'upstream-url': provider.url,
    'key-file': await file('key', 'sk-1'), 'token-file': await file('token', 'a-token'), 'endpoints-file': await file('endpoints.json', JSON.stringify({ operators, ca: people.authority.certificate })),
  };
  const child = spawn(process.execPath, [main, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)], { env: { KUBECONFIG: await file('kubeconfig', JSON.stringify(kubeconfig)) }, stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => child.kill('SIGKILL'));
  return child;
}

/** The first record with this message; what follows is read and dropped. */
async function recordOf(child: Child, message: string): Promise<{ readonly port?: number }> {
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const record = JSON.parse(line) as { readonly msg: string; readonly port?: number };
    if (record.msg !== message) continue;
    lines.close();
    child.stdout.resume();
    return record;
  }
  throw new Error(`the process ended before it said "${message}"`);
}

test('the process enrols, answers calls, and ends when told', async () => {
  const people = await makePeople();
  const child = await spawnGateway(people, await startEnrolment(people));
  const { port } = await recordOf(child, 'listening');
  const { caBundle: ca, certificate: cert, key } = people.operator;
  const client = createLlmClient({ baseUrl: `https://127.0.0.1:${port}`, tls: { ca, cert, key, servername: 'coditect-llm-gateway.sys.svc' } });
  closers.push(() => client.close());
  expect(await client.complete(question, { headers: { [llmHeaders.account]: Buffer.from(JSON.stringify(account)).toString('base64url') } })).toMatchObject({ kind: 'answered', text: 'the answer' });
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a process that still waits for its certificate ends in good order too', async () => {
  const child = await spawnGateway(await makePeople(), 1);
  await recordOf(child, 'cannot get a certificate, trying again');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a wrong setting ends the process with one line; --help names all', async () => {
  const run = async (argument: string) => {
    const child = spawn(process.execPath, [main, argument], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { out, error, code: code as number };
  };
  const [wrong, help] = await Promise.all([run('--foldr=x'), run('--help')]);
  expect(wrong).toMatchObject({ code: 2, error: "Unknown option '--foldr'; --help lists all settings\n" });
  expect(help).toMatchObject({ code: 0, out: expect.stringContaining('CODITECT_PORT_LLM  (default 9447)') });
});
