// Where the installation's servers are: from the endpoints file of a cluster without pod networking, or from DNS.
import { lookup as dnsLookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { Endpoints, type OperatorAddress, type OperatorAddresses } from '#api/endpoints.ts';
import { blobsName, llmGatewayName, mirrorName, operatorName } from './tls.ts';

/** Where a server of one port is now; undefined while it is nowhere. */
export interface ServerAddress {
  current(): Promise<string | undefined>;
}

export interface OperatorPorts {
  readonly api: number;
  readonly enrolment: number;
  readonly work: number;
}

/** Ports of the Services that the chart makes. */
export const servicePorts = { operator: { api: 9443, work: 9444, enrolment: 9445 }, blobs: 9446, llm: 9447, mirror: 9448, history: 9449, console: 9450 } as const;

export interface DnsOptions {
  /** Namespace of the installation. */
  readonly namespace: string;
  readonly ports?: OperatorPorts;
  readonly lookup?: (name: string) => Promise<readonly string[]>;
}

/** Reads the file anew each time: its writer replaces it when a server moves. Rejects when it cannot be read. */
export async function readEndpoints(path: string): Promise<Endpoints> {
  const parsed = Endpoints.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (!parsed.success) throw new Error(`cannot read the endpoints file ${path}: ${parsed.error.issues[0]?.message ?? 'not valid'}; nothing can be dialled until it is written again`);
  return parsed.data;
}

/** The operators of an endpoints file. */
export function operatorsInFile(path: string): OperatorAddresses {
  return { current: async () => (await readEndpoints(path)).operators };
}

/** The operators behind their headless Service. `pod` is the IP: DNS knows no names of pods. */
export function operatorsInDns({ namespace, ports = servicePorts.operator, lookup = lookupAll }: DnsOptions): OperatorAddresses {
  const at = (ip: string): OperatorAddress => {
    const host = ip.includes(':') ? `[${ip}]` : ip;
    return { pod: ip, api: `${host}:${ports.api}`, enrolment: `${host}:${ports.enrolment}`, work: `${host}:${ports.work}` };
  };
  return { current: async () => (await lookup(operatorName(namespace))).map(at) };
}

/** The blob service of an endpoints file. */
export function blobsInFile(path: string): ServerAddress {
  return { current: async () => (await readEndpoints(path)).blobs };
}

/** The blob service behind its Service. */
export function blobsInDns(namespace: string): ServerAddress {
  const address = `${blobsName(namespace)}:${servicePorts.blobs}`;
  return { current: () => Promise.resolve(address) };
}

/** The LLM gateway of an endpoints file. */
export function llmGatewayInFile(path: string): ServerAddress {
  return { current: async () => (await readEndpoints(path)).llm };
}

/** The LLM gateway behind its Service. */
export function llmGatewayInDns(namespace: string): ServerAddress {
  const address = `${llmGatewayName(namespace)}:${servicePorts.llm}`;
  return { current: () => Promise.resolve(address) };
}

/** The mirror of an endpoints file. */
export function mirrorInFile(path: string): ServerAddress {
  return { current: async () => (await readEndpoints(path)).mirror };
}

/** The mirror behind its Service; nowhere while there is no such Service, for not every installation has one. */
export function mirrorInDns(namespace: string, lookup: DnsOptions['lookup'] = lookupAll): ServerAddress {
  const name = mirrorName(namespace);
  return { current: async () => (await lookup(name).catch(() => [])).length === 0 ? undefined : `${name}:${servicePorts.mirror}` };
}

/** Where people ask the mirror, by an endpoints file. */
export function historyInFile(path: string): ServerAddress {
  return { current: async () => (await readEndpoints(path)).history };
}

/** The same behind its Service; nowhere while there is no such Service. */
export function historyInDns(namespace: string, lookup: DnsOptions['lookup'] = lookupAll): ServerAddress {
  const name = mirrorName(namespace);
  return { current: async () => (await lookup(name).catch(() => [])).length === 0 ? undefined : `${name}:${servicePorts.history}` };
}

async function lookupAll(name: string): Promise<readonly string[]> {
  const found = await dnsLookup(name, { all: true });
  return [...new Set(found.map(({ address }) => address))].toSorted();
}
