// Processes of agents, as /proc tells of them: which one belongs to a pod, and which tools it has started.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '#testing/world.ts';

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly containerStatuses?: readonly { readonly containerID?: string; readonly state?: { readonly running?: object } }[] };
}

/** Pids of the running agents of a namespace by the names of their pods: container ids of the process node are `process://<pid>-<start>`. */
export async function agentsOf({ kubectl }: Pick<World, 'kubectl'>, namespace: string): Promise<ReadonlyMap<string, number>> {
  const { items } = JSON.parse(await kubectl('get', 'pods', '-n', namespace, '-l', 'coditect.ai/pool=crew', '-o', 'json')) as { items: Pod[] };
  return new Map(
    items.flatMap(({ metadata, status }) => {
      const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
      const pid = Number(/^process:\/\/(\d+)-/.exec(running?.containerID ?? '')?.[1]);
      return Number.isNaN(pid) ? [] : [[metadata.name, pid] as const];
    }),
  );
}

/** True while there is such a process. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '';
}

/** Kills runs of node's tests below these processes until it is told to stop, and adds the pid of each to `killed`. */
export async function killTestRuns(roots: readonly number[], killed: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const pid of await testRunsBelow(roots)) {
      if (kill(pid)) killed.push(pid);
    }
    // Runs take a fifth of a second at least.
    await sleep(10);
  }
}

async function testRunsBelow(roots: readonly number[]): Promise<readonly number[]> {
  const all: number[] = [];
  for (let layer = roots; layer.length > 0; ) {
    layer = (await Promise.all(layer.map(childrenOf))).flat();
    all.push(...layer);
  }
  const isTestRun = await Promise.all(all.map(runsTests));
  return all.filter((_, index) => isTestRun[index]);
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const texts = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')));
  return texts.flatMap((text) => text.trim().split(' ')).filter((text) => text !== '').map(Number);
}

/** The program itself, not the jail that starts it. */
async function runsTests(pid: number): Promise<boolean> {
  const [program = '', ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return /(?:^|\/)node$/.test(program) && args.includes('--test');
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
    return false;
  }
}
