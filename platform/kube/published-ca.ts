// The CA of the installation, as the operator publishes it for everybody.
import { names } from '#api/labels.ts';
import { PlatformError } from '../errors.ts';
import { configMaps } from './resources.ts';
import type { KubeClient, KubeObject } from './types.ts';

interface Published extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** PEM bundle of the CAs. Throws while the operator has not made one. */
export async function publishedCa(client: Pick<KubeClient, 'get'>, namespace: string): Promise<string> {
  const bundle = (await client.get<Published>(configMaps, { namespace, name: names.caConfigMap }))?.data?.['ca.crt'];
  if (bundle === undefined) throw new PlatformError('gone', `read the CA: ConfigMap ${namespace}/${names.caConfigMap} does not hold it yet; no certificate can be asked for before the operator has made it`);
  return bundle;
}
