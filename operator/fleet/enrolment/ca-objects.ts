// The Secret and the ConfigMap of the CA, through the API server.
import { labels, names } from '#api/labels.ts';
import { isKubeError } from '#platform/kube/error.ts';
import { configMaps, secrets } from '#platform/kube/resources.ts';
import type { KubeClient, KubeObject } from '#platform/kube/types.ts';
import type { CaData, CaObjects } from './ca-store.ts';

interface DataObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const bundleKey = 'ca.crt';

const marks = { [labels.managedBy]: names.operator, [labels.component]: 'ca' };

/** The objects `coditect-ca-key` and `coditect-ca` of this namespace. Needs get, create and patch on both. */
export function createCaObjects(client: Pick<KubeClient, 'get' | 'create' | 'mergePatch' | 'apply'>, namespace: string): CaObjects {
  const key = { namespace, name: names.caSecret };
  return {
    read: async () => {
      const secret = await client.get<DataObject>(secrets, key);
      return secret === undefined ? undefined : { data: decoded(secret.data ?? {}), resourceVersion: secret.metadata.resourceVersion };
    },
    create: async (data) => {
      try {
        await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { ...key, labels: marks }, type: 'Opaque', data: encoded(data) });
        return 'created';
      } catch (error) {
        if (isKubeError(error, 'AlreadyExists')) return 'taken';
        throw error;
      }
    },
    replace: async (data, resourceVersion) => {
      try {
        const known = await client.get<DataObject>(secrets, key);
        const removed = Object.fromEntries(Object.keys(known?.data ?? {}).map((name) => [name, null]));
        await client.mergePatch(secrets, key, { metadata: { resourceVersion }, data: { ...removed, ...encoded(data) } });
        return 'replaced';
      } catch (error) {
        if (isKubeError(error, 'Conflict', 'NotFound')) return 'changed';
        throw error;
      }
    },
    publish: async (bundle) => {
      const known = await client.get<DataObject>(configMaps, { namespace, name: names.caConfigMap });
      if (known?.data?.[bundleKey] === bundle) return;
      await client.apply(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: names.caConfigMap, labels: marks }, data: { [bundleKey]: bundle } });
    },
  };
}

function encoded(data: CaData): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
}

function decoded(data: Readonly<Record<string, string>>): CaData {
  return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text, 'base64').toString('utf8')]));
}
