// The name server that every real cluster has: names of Services, as the API server knows them at this moment, and nothing else.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import type { KubeClient, KubeObject } from '#platform/kube/types.ts';
import { answerTo, type Resolve } from './message.ts';

/** Domain of the names, as pods are told to search it. */
export const clusterDomain = 'cluster.local';

const services: ResourceType = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true };
const endpointSlices: ResourceType = { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices', namespaced: true };

interface Service extends KubeObject {
  readonly spec: { readonly clusterIP?: string };
}

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[] | null;
}

/** Answers on UDP port 53 of an address of this machine until it is closed. */
export async function startNameServer(address: string, client: Pick<KubeClient, 'get' | 'list'>): Promise<{ close(): void }> {
  const socket = createSocket('udp4');
  const resolve = resolver(client);
  socket.on('message', (query, from) => {
    // Who asked may be gone by then; who still waits asks again.
    void answerTo(query, resolve).then((answer) => answer !== undefined && socket.send(answer, from.port, from.address, () => {}));
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  return { close: () => socket.close() };
}

/** The address of a Service `<name>.<namespace>.svc.<domain>`, or those of its pods that are ready when it is headless. */
export function resolver(client: Pick<KubeClient, 'get' | 'list'>): Resolve {
  return async (asked) => {
    const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(asked) ?? [];
    if (name === undefined || namespace === undefined) return undefined;
    const service = await client.get<Service>(services, { namespace, name });
    if (service === undefined) return undefined;
    const { clusterIP = 'None' } = service.spec;
    if (clusterIP !== 'None') return [clusterIP];
    const { items } = await client.list<EndpointSlice>(endpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${name}` });
    return items.flatMap(({ endpoints }) => endpoints ?? []).flatMap(({ addresses, conditions }) => (conditions?.ready === false ? [] : addresses));
  };
}
