// Containers as the nodes of one store: killed, frozen and started again by their number.
import { setTimeout as sleep } from 'node:timers/promises';
import { type GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import type { RunningService } from '#devcluster/services/index.ts';

export interface NodeStart {
  readonly args: readonly string[];
  /** What the node says when it listens. */
  readonly ready: RegExp;
}

export interface Nodes extends Pick<RunningService, 'kill' | 'pause' | 'resume' | 'stop'> {
  /** Starts a node that was killed; does not wait until it is ready. */
  again(node: number): Promise<void>;
}

/**
 * Starts one container a node. They share the network of this machine: members of a cluster tell their clients each other's addresses, which
 * would be those of another network otherwise. And they share the folder, at the same path, so that files mean the same on both sides.
 */
export async function startNodes(image: GenericContainer, folder: string, nodes: readonly NodeStart[]): Promise<Nodes> {
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  image.withNetworkMode('host').withBindMounts([{ source: folder, target: folder, mode: 'rw' }]).withUser(user).withWorkingDir(folder);
  const started: StartedTestContainer[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(started.map((container) => container.stop({ timeout: 2000, remove: true }))));
  try {
    for (const { args, ready } of nodes) started.push(await image.withCommand([...args]).withWaitStrategy(Wait.forLogMessage(ready)).start());
  } catch (error) {
    await stop();
    throw error;
  }
  const client = await getContainerRuntimeClient();
  const at = (node: number) => client.container.getById(started[node]?.getId() ?? '');
  return {
    kill: async (node) => {
      await at(node).kill({ signal: 'SIGKILL' });
      while ((await at(node).inspect()).State.Running) await sleep(10);
    },
    again: async (node) => void (await at(node).start()),
    pause: async (node) => void (await at(node).pause()),
    resume: async (node) => void (await at(node).unpause()),
    stop,
  };
}
