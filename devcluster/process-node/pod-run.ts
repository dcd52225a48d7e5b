// The life of one pod on this node: refused or prepared, init containers, containers, end, final delete.
import { killUser } from '../ledger.ts';
import { statusOf } from '../api-client.ts';
import { ContainerRun } from './container-run.ts';
import { podFolders, type PodFolders } from './folders.ts';
import type { NodeContext } from './node-context.ts';
import { containerParts, type PodPlace } from './pod-containers.ts';
import type { Container, Pod } from './pod.ts';
import { refusals, unenforced } from './policy.ts';
import { podStatus } from './status.ts';
import { statusWriter, type StatusWriter } from './status-writer.ts';
import { podVolumes, type PodVolumes } from './volumes.ts';

const volumeRetryMs = 1000;
const volumeRefreshMs = 60_000;
const defaultGraceSeconds = 30;

export class PodRun {
  readonly #context: NodeContext;
  readonly #writer: StatusWriter;
  readonly #startedAt: number;
  readonly #init: ContainerRun[] = [];
  readonly #main: ContainerRun[] = [];
  readonly #stopping = new AbortController();
  readonly #deletion = Promise.withResolvers<void>();
  #pod: Pod;
  #ports: ReadonlyMap<string, number> = new Map();
  #refused: { reason: string; message: string } | undefined;
  #isGone = false;

  constructor(pod: Pod, context: NodeContext) {
    this.#pod = pod;
    this.#context = context;
    this.#startedAt = context.now();
    this.#writer = statusWriter(context.client, pod);
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Real ports by name, while a container runs. */
  get runningPorts(): ReadonlyMap<string, number> {
    return this.#main.some(({ isRunning }) => isRunning) ? this.#ports : new Map();
  }

  /** Takes the newer object over; a deletion ends the containers. */
  update(pod: Pod): void {
    this.#pod = pod;
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
    if (deletionTimestamp === undefined) return;
    this.#stop((deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1000);
    this.#deletion.resolve();
  }

  /** Ends all containers within `graceMs` and writes nothing any more: the object is gone, or the node leaves. */
  vanish(graceMs: number): void {
    this.#isGone = true;
    this.#writer.close();
    this.#stop(graceMs);
    this.#deletion.resolve();
  }

  #stop(graceMs: number): void {
    this.#stopping.abort();
    for (const container of [...this.#init, ...this.#main]) container.stop(graceMs);
  }

  /** Runs the pod until its containers have ended for good. */
  async run(): Promise<void> {
    if (['Succeeded', 'Failed'].includes(this.#pod.status?.phase ?? '')) return; // ended under an earlier run of the node
    const faults = refusals(this.#pod);
    if (faults.length > 0) return this.#refuse(faults.join('; '));
    if (ranOnceAndMayNotAgain(this.#pod)) return this.#refuse('its containers ended with an earlier run of the node, and restartPolicy is Never');
    const user = this.#context.users.take();
    const folders = podFolders(this.#context.config.podsFolder, this.#pod.metadata.uid, user);
    try {
      await this.#takePorts();
      await this.#runContainers(user, folders);
    } finally {
      if (user !== undefined) killUser(user);
      folders.remove();
      this.#context.users.giveBack(user);
      this.#context.givePortsBack(this.#ports.values());
      this.#ports = new Map();
    }
  }

  /** Waits for the deletion of an ended pod and confirms it, which removes the object. */
  async bury(): Promise<void> {
    await this.#deletion.promise;
    if (this.#isGone) return;
    await this.#writer.flushed();
    const { namespace, name, uid } = this.#pod.metadata;
    const request = { method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}`, body: { gracePeriodSeconds: 0, preconditions: { uid } } } as const;
    while (!this.#isGone) {
      try {
        await this.#context.client.send(request);
        return;
      } catch (error) {
        if ([404, 409].includes(statusOf(error) ?? -1)) return;
        await new Promise((resolve) => setTimeout(resolve, volumeRetryMs));
      }
    }
  }

  #refuse(message: string): void {
    this.#refused = { reason: 'ProcessNodeRefused', message: `The process node cannot run this pod: ${message}` };
    this.#context.tell(this.#pod, { type: 'Warning', reason: 'Refused', action: 'Refuse', note: this.#refused.message });
    this.#changed();
  }

  async #takePorts(): Promise<void> {
    const names = this.#pod.spec.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name)).filter((name) => name !== undefined);
    const free = await this.#context.takePorts(names.length);
    this.#ports = new Map(names.map((name, index) => [name, free[index] ?? 0]));
  }

  async #runContainers(user: number | undefined, folders: PodFolders): Promise<void> {
    const { spec } = this.#pod;
    const volumes = podVolumes(this.#context.client, folders, this.#context.now);
    const place: PodPlace = { context: this.#context, pod: () => this.#pod, user, folders, ports: this.#ports, changed: () => this.#changed() };
    const make = (container: Container) => new ContainerRun(containerParts(place, container));
    this.#init.push(...(spec.initContainers ?? []).map(make));
    this.#main.push(...spec.containers.map(make));
    if (this.#stopping.signal.aborted) for (const container of [...this.#init, ...this.#main]) container.stop(0);
    this.#tellUnenforced(user);
    this.#changed();
    if (!(await this.#fill(volumes)) || !(await this.#waitForImages())) return this.#abandon();
    const refresh = setInterval(() => void volumes.refresh(this.#pod).catch(() => {}), volumeRefreshMs); // a failure leaves the old content; the next turn tries again
    try {
      for (const container of this.#init) if ((await container.run()) !== 0) return await this.#abandon();
      await Promise.all(this.#main.map((container) => container.run()));
    } finally {
      clearInterval(refresh);
    }
  }

  /** Brings containers that will never run to their end. */
  async #abandon(): Promise<void> {
    this.#stop(0);
    await Promise.all([...this.#init, ...this.#main].filter(({ isFinished }) => !isFinished).map((container) => container.run()));
  }

  async #fill(volumes: PodVolumes): Promise<boolean> {
    while (!this.#stopping.signal.aborted) {
      try {
        await volumes.fill(this.#pod);
        return true;
      } catch (error) {
        for (const container of [...this.#init, ...this.#main]) container.wait('CreateContainerConfigError', error instanceof Error ? error.message : String(error));
      }
      await pause(volumeRetryMs, this.#stopping.signal);
    }
    return false;
  }

  /** An unknown image keeps the pod waiting, as on a node that must not pull: a controller would replace a failed pod at once, for ever. */
  async #waitForImages(): Promise<boolean> {
    const { images } = this.#context.config;
    let isKnown = true;
    for (const [container, run] of [...(this.#pod.spec.initContainers ?? []), ...this.#pod.spec.containers].map((spec, index) => [spec, [...this.#init, ...this.#main][index]] as const)) {
      if (images[container.image] !== undefined) continue;
      isKnown = false;
      run?.wait('ErrImageNeverPull', `image ${container.image} is not one of the process node's images: ${Object.keys(images).toSorted().join(', ')}`);
    }
    if (!isKnown) await new Promise<void>((resolve) => (this.#stopping.signal.aborted ? resolve() : this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true })));
    return isKnown;
  }

  #tellUnenforced(user: number | undefined): void {
    const shared = user === undefined ? ' All pods of this node run as the same user.' : '';
    this.#context.tell(this.#pod, { type: 'Warning', reason: 'Unenforced', action: 'Start', note: `The process node runs containers as plain processes and does not enforce: ${unenforced(this.#pod).join(', ')}.${shared}` });
  }

  #changed(): void {
    const view = (runs: readonly ContainerRun[]) => runs.map((run) => ({ status: run.status(), isFinished: run.isFinished }));
    const refused = this.#refused === undefined ? {} : { refused: this.#refused };
    this.#writer.push(podStatus({ pod: this.#pod, init: view(this.#init), main: view(this.#main), startedAt: this.#startedAt, ...refused }, this.#context.now()));
    this.#context.changed();
  }
}

function ranOnceAndMayNotAgain({ spec, status }: Pod): boolean {
  return spec.restartPolicy === 'Never' && (status?.containerStatuses ?? []).some(({ containerID }) => containerID !== undefined);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
