// Faults of the API server alone, for tests: it comes back on the same port with the same data.
import { setTimeout as sleep } from 'node:timers/promises';
import { accessOf } from './access.ts';
import { createApiClient } from './api-client.ts';
import type { Cluster } from './cluster.ts';
import { restartComponent, signalComponent, stopComponent } from './components.ts';
import { layoutOf } from './layout.ts';

const apiServer = 'kube-apiserver';
const readyTimeoutMs = 60_000;
const layoutOfCluster = ({ folder, runtimeFolder }: Cluster) => layoutOf(folder, runtimeFolder);

/** Ends the API server and waits for its end. */
export async function stopApiServer(cluster: Cluster): Promise<void> {
  await stopComponent(layoutOfCluster(cluster), apiServer);
}

/** Starts an ended API server again and waits until it is ready. Scheduler and controller manager start anew with it: their own back-off would leave pods lying for half a minute. */
export async function startApiServer(cluster: Cluster): Promise<void> {
  const layout = layoutOfCluster(cluster);
  restartComponent(layout, apiServer);
  await waitUntilReady(cluster);
  for (const name of ['kube-controller-manager', 'kube-scheduler'] as const) {
    await stopComponent(layout, name);
    restartComponent(layout, name);
  }
}

async function waitUntilReady(cluster: Cluster): Promise<void> {
  const client = createApiClient(accessOf(cluster));
  const deadline = performance.now() + readyTimeoutMs;
  try {
    while (!(await client.send({ method: 'GET', path: '/readyz' }).then(() => true, () => false))) {
      if (performance.now() > deadline) throw new Error(`start the API server of ${cluster.name}: not ready after ${readyTimeoutMs / 1000} s; read ${cluster.folder}/logs/${apiServer}.log`);
      await sleep(50);
    }
  } finally {
    client.close();
  }
}

/** Freezes the API server: connections stay open and nothing is answered. */
export function pauseApiServer(cluster: Cluster): void {
  signalComponent(layoutOfCluster(cluster), apiServer, 'SIGSTOP');
}

/** Lets a frozen API server go on. */
export function resumeApiServer(cluster: Cluster): void {
  signalComponent(layoutOfCluster(cluster), apiServer, 'SIGCONT');
}
