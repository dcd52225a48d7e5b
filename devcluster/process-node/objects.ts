// Reads the ConfigMaps and Secrets that pods name, one by one: a node may read only those that its own pods refer to.
import { type ApiClient, statusOf } from '../api-client.ts';
import type { Objects } from './environment.ts';
import type { Container } from './pod.ts';

interface ConfigMapObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

interface SecretObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Keys with their bytes. */
export type Bytes = ReadonlyMap<string, Buffer>;

const fromBase64 = (data: Readonly<Record<string, string>> = {}) => Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);

/** Content of a ConfigMap, or undefined when there is none. */
export async function readConfigMap(client: ApiClient, namespace: string, name: string): Promise<Bytes | undefined> {
  const object = await getIfThere<ConfigMapObject>(client, `/api/v1/namespaces/${namespace}/configmaps/${name}`);
  if (object === undefined) return undefined;
  return new Map([...Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const), ...fromBase64(object.binaryData)]);
}

/** Content of a Secret, or undefined when there is none. */
export async function readSecret(client: ApiClient, namespace: string, name: string): Promise<Bytes | undefined> {
  const object = await getIfThere<SecretObject>(client, `/api/v1/namespaces/${namespace}/secrets/${name}`);
  return object === undefined ? undefined : new Map(fromBase64(object.data));
}

/** Everything that the environment of a container refers to. */
export async function readObjects(client: ApiClient, namespace: string, { env = [], envFrom = [] }: Container): Promise<Objects> {
  const names = (from: readonly (string | undefined)[]) => [...new Set(from.filter((name) => name !== undefined))];
  const configMaps = names([...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name), ...envFrom.map(({ configMapRef }) => configMapRef?.name)]);
  const secrets = names([...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name), ...envFrom.map(({ secretRef }) => secretRef?.name)]);
  const [configMapData, secretData] = await Promise.all([
    readAll(configMaps, (name) => readConfigMap(client, namespace, name)),
    readAll(secrets, (name) => readSecret(client, namespace, name)),
  ]);
  return { configMap: (name) => configMapData.get(name), secret: (name) => secretData.get(name) };
}

async function readAll(names: readonly string[], read: (name: string) => Promise<Bytes | undefined>): Promise<ReadonlyMap<string, Readonly<Record<string, string>> | undefined>> {
  const entries = names.map(async (name) => {
    const data = await read(name);
    return [name, data === undefined ? undefined : Object.fromEntries([...data].map(([key, value]) => [key, value.toString('utf8')]))] as const;
  });
  return new Map(await Promise.all(entries));
}

async function getIfThere<T>(client: ApiClient, path: string): Promise<T | undefined> {
  try {
    return await client.send<T>({ method: 'GET', path });
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}
