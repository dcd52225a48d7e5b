// What a container gets from its pod and node: environment, folders, ports, probes.
import { join } from 'node:path';
import { rewritePaths, mountsOf } from './mounts.ts';
import type { ContainerParts } from './container-run.ts';
import { invocationOf } from './environment.ts';
import type { PodFolders } from './folders.ts';
import { readObjects } from './objects.ts';
import type { NodeContext } from './node-context.ts';
import type { Container, Pod, Probe } from './pod.ts';
import { checkHttp, checkTcp, realPort } from './probes.ts';
import { startProcess } from './process.ts';

/** Where a pod runs. */
export interface PodPlace {
  readonly context: NodeContext;
  /** The newest object. */
  readonly pod: () => Pod;
  readonly user: number | undefined;
  readonly folders: PodFolders;
  /** Real ports by name. */
  readonly ports: ReadonlyMap<string, number>;
  readonly changed: () => void;
}

const serviceAccountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Everything a container's run needs. */
export function containerParts(place: PodPlace, container: Container): ContainerParts {
  const { context, folders, user } = place;
  const pod = place.pod();
  const mounts = mountsOf(container, folders.volumes);
  const earlier = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(({ name }) => name === container.name);
  const hasRun = earlier?.containerID !== undefined;
  return {
    container,
    policy: policyOf(pod, container),
    restarts: earlier?.restartCount ?? 0,
    hasRun,
    graceMs: (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000,
    user,
    folder: folders.home(container.name),
    log: context.logOf(container.name),
    ledger: context.ledger,
    now: context.now,
    changed: place.changed,
    invocation: async () => {
      const image = context.config.images[container.image];
      if (image === undefined) return { kind: 'missing', message: `image ${container.image} is not known` };
      const objects = await readObjects(context.client, pod.metadata.namespace, container);
      return invocationOf({ pod: place.pod(), container, image, mounts, objects, nodeEnv: nodeEnv(place, container), defaultEnv: defaultEnv(place, container) });
    },
    check: async (probe, invocation) => {
      const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
      if (probe.exec !== undefined) {
        const argv = probe.exec.command.map((word) => rewritePaths(word, mounts));
        return checkExec({ argv, env: invocation.env, folder: folders.home(container.name), user }, timeoutMs);
      }
      return checkPort(probe, container, place.ports, timeoutMs);
    },
  };
}

/** An init container that ended well is not run again; one that failed is, unless the pod says Never. */
function policyOf({ spec }: Pod, container: Container): ContainerParts['policy'] {
  const policy = spec.restartPolicy ?? 'Always';
  const isInit = spec.initContainers?.some(({ name }) => name === container.name) ?? false;
  return isInit && policy === 'Always' ? 'OnFailure' : policy;
}

/** Variables that say where things are on this node. */
function nodeEnv({ context, folders, ports }: PodPlace, container: Container): Readonly<Record<string, string>> {
  const server = new URL(context.config.api.server);
  const account = mountsOf(container, folders.volumes).find(({ mountPath }) => mountPath === serviceAccountPath);
  return {
    KUBERNETES_SERVICE_HOST: server.hostname,
    KUBERNETES_SERVICE_PORT: server.port,
    KUBERNETES_SERVICE_PORT_HTTPS: server.port,
    CODITECT_ENDPOINTS_FILE: context.config.endpointsFile,
    CODITECT_BIND_ADDRESS: '127.0.0.1',
    ...(account === undefined ? {} : { CODITECT_SERVICEACCOUNT_DIR: account.folder }),
    ...Object.fromEntries([...ports].map(([name, port]) => [portVariable(name), String(port)])),
  };
}

/** `CODITECT_PORT_<NAME>` of a container port. */
export function portVariable(name: string): string {
  return `CODITECT_PORT_${name.toUpperCase().replaceAll('-', '_')}`;
}

function defaultEnv({ context, folders, pod }: PodPlace, { name }: Container): Readonly<Record<string, string>> {
  return {
    PATH: `${join(context.config.imagesFolder, 'bin')}:${context.config.programPath}`,
    HOME: folders.home(name),
    TMPDIR: folders.temporary(name),
    HOSTNAME: pod().metadata.name,
    LANG: 'C.UTF-8',
  };
}

function checkPort({ httpGet, tcpSocket }: Probe, { ports = [] }: Container, real: ReadonlyMap<string, number>, timeoutMs: number): Promise<boolean> {
  const declared = httpGet?.port ?? tcpSocket?.port;
  const port = declared === undefined ? undefined : realPort(declared, ports, real);
  if (port === undefined) return Promise.resolve(false);
  return httpGet === undefined ? checkTcp(port, timeoutMs) : checkHttp(httpGet, port, timeoutMs);
}

async function checkExec(spec: Omit<Parameters<typeof startProcess>[0], 'onOutput'>, timeoutMs: number): Promise<boolean> {
  const running = startProcess({ ...spec, onOutput: () => {} });
  const timer = setTimeout(() => running.kill(), timeoutMs);
  const { exitCode } = await running.exited;
  clearTimeout(timer);
  return exitCode === 0;
}
