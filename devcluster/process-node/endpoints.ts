// endpoints.json: where the installation's servers are now. It stands in for headless Services, which need pod addresses.
import type { Endpoints } from '#api/endpoints.ts';
import { names } from '#api/labels.ts';
import { type ApiClient, statusOf } from '../api-client.ts';
import { readJson, writeJson } from '../files.ts';

/** The part of a pod that counts here. */
export interface PortsOfPod {
  readonly name: string;
  /** Real ports by name; empty while it does not run. */
  readonly ports: ReadonlyMap<string, number>;
}

/** Addresses by the names of ports: an operator has api, work and enrolment, the blob service has blobs, the LLM gateway has llm, the mirror has intake and history, the console has console. */
export function endpointsOf(pods: readonly PortsOfPod[], ca: string | undefined): Endpoints {
  const at = (port: number) => `127.0.0.1:${port}`;
  const operators: Endpoints['operators'] = [];
  const first = (name: string) => pods.map(({ ports }) => ports.get(name)).find((port) => port !== undefined);
  for (const { name, ports } of pods.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [api, work, enrolment] = ['api', 'work', 'enrolment'].map((port) => ports.get(port));
    if (api !== undefined && work !== undefined && enrolment !== undefined) operators.push({ pod: name, api: at(api), enrolment: at(enrolment), work: at(work) });
  }
  const [blobs, llm, mirror, history, console] = ['blobs', 'llm', 'intake', 'history', 'console'].map(first);
  const known = Object.entries({ blobs, llm, mirror, history, console }).flatMap(([name, port]) => (port === undefined ? [] : [[name, at(port)]]));
  return { operators, ...Object.fromEntries(known), ...(ca === undefined ? {} : { ca }) };
}

export interface EndpointsParts {
  readonly client: ApiClient;
  readonly file: string;
  readonly systemNamespace: string;
  readonly pods: () => readonly PortsOfPod[];
}

const caPollMs = 1000;

/** Keeps the file true; the returned `changed` is called when pods changed. */
export function publishEndpoints({ client, file, systemNamespace, pods }: EndpointsParts): { readonly changed: () => void; readonly close: () => void } {
  let ca: string | undefined;
  const write = () => {
    const next = endpointsOf(pods(), ca);
    // Pods of any user read it.
    if (JSON.stringify(next) !== JSON.stringify(readJson(file))) writeJson(file, next, 0o644);
  };
  const poll = async () => {
    if (endpointsOf(pods(), ca).operators.length === 0) return;
    try {
      ca = await publishedCa(client, systemNamespace);
      write();
    } catch {
      // the API server is away: the last CA stays
    }
  };
  write();
  const timer = setInterval(() => void poll(), caPollMs);
  return { changed: write, close: () => clearInterval(timer) };
}

async function publishedCa(client: ApiClient, namespace: string): Promise<string | undefined> {
  try {
    const { data } = await client.send<{ data?: Readonly<Record<string, string>> }>({ method: 'GET', path: `/api/v1/namespaces/${namespace}/configmaps/${names.caConfigMap}` });
    return data?.['ca.crt'];
  } catch (error) {
    if ([403, 404].includes(statusOf(error) ?? -1)) return undefined;
    throw error;
  }
}
