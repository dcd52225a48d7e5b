// The page as its reader gets it: kubectl mission dashboard, a cookie, and what one namespace may see.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MissionList } from '#api/console.ts';
import { inNamespace } from '#cli/demo/repository.ts';
import { eventually, objectsOf, root } from '#testing/world.ts';
import { aMission, runCommand } from '../mission.ts';
import { must, type Story, type StoryWorld } from '../story.ts';

export const pageStory: Story = {
  name: 'kubectl mission dashboard shows the missions that its reader may list, to one browser, until Ctrl-C',
  limitSeconds: 120,
  async run(world) {
    const namespaces = ['paged', 'not-paged'];
    for (const name of namespaces) {
      await world.namespace(name);
      await world.apply(aMission(name, `seen-in-${name}`, [{ name: 'wait', type: 'Tester', intent: runCommand('true') }]));
    }
    const access = await objectsOf(join(root, 'config', 'samples', '02-access.yaml'));
    await world.apply(...access.map((object) => inNamespace(object, 'paged')));
    await world.kubectl('rollout', 'status', 'deployment/coditect-console', '-n', 'coditect-system', '--timeout=60s');
    const dashboard = await openDashboard(world, 'paged');
    try {
      return await browsed(dashboard.url);
    } finally {
      must((await dashboard.end()) === 0, 'Ctrl-C is no good end of the dashboard');
    }
  },
};

async function browsed(url: string): Promise<string> {
  const { origin } = new URL(url);
  must((await fetch(`${origin}/api/missions`)).status === 403, 'the page is shown without the secret of its address');
  const entered = await fetch(url, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  must(cookie !== '', `the address gives no cookie: ${entered.status} ${await entered.text()}`);
  must((await fetch(url, { redirect: 'manual' })).status === 403, 'the address is good for a second browser');
  const get = (path: string) => fetch(`${origin}${path}`, { headers: { cookie } });
  const names = await eventually('the list has the mission', 30, async () => {
    const { missions } = (await (await get('/api/missions')).json()) as MissionList;
    return missions.length === 0 ? undefined : missions.map(({ namespace, name }) => `${namespace}/${name}`);
  });
  must(names.join(' ') === 'paged/seen-in-paged', `the list holds ${names.join(' ')}`);
  const one = await get('/api/missions/paged/seen-in-paged');
  must(one.ok && (await one.text()).includes('Show that seen-in-paged ends well.'), `the mission is not shown: ${one.status}`);
  const foreign = await get('/api/missions/not-paged/seen-in-not-paged');
  must(!foreign.ok && !(await foreign.text()).includes('ends well'), 'a mission of another namespace is shown');
  const page = await get('/');
  const html = await page.text();
  must(page.ok && html.includes('<script') && page.headers.get('content-security-policy')?.includes("default-src 'none'") === true, `the page is not served: ${page.status}`);
  return `${names.length} mission, ${html.length} bytes of page`;
}

interface Dashboard {
  readonly url: string;
  /** Ctrl-C; resolves with the exit code. */
  end(): Promise<number | null>;
}

async function openDashboard({ cluster }: StoryWorld, namespace: string): Promise<Dashboard> {
  const child = spawn(process.execPath, [join(root, 'dist', 'kubectl-mission.js'), 'dashboard', '-n', namespace], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => void (said += bytes.toString()));
  const printed = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const url = await Promise.race([printed.then(([line]) => line), exited.then(([code]) => Promise.reject(new Error(`the dashboard ended with ${code}: ${said}`)))]);
  return { url, end: async () => (child.kill('SIGINT'), (await exited)[0]) };
}
