// Creation that may be repeated: the name is the identity, so whoever created the object, it is there.
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import { isKubeError, isOutcomeUnknown } from './error.ts';
import type { KubeClient, KubeObject, NewObject } from './types.ts';

/** An object that exists now. `created` is true only when the server said that this call made it; else compare before calling it yours. */
export interface Ensured<T> {
  readonly object: T;
  readonly created: boolean;
}

/** Creates the object unless its name is taken. A taken name and a lost reply are answered by one read. */
export async function createIfAbsent<T extends KubeObject>(client: Pick<KubeClient, 'create' | 'get'>, type: ResourceType, object: NewObject): Promise<Ensured<T>> {
  try {
    return { object: await client.create<T>(type, object), created: true };
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists') && !isOutcomeUnknown(error)) throw error;
    const found = await client.get<T>(type, { namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    if (found === undefined) throw error;
    return { object: found, created: false };
  }
}
