// What Flux makes of an object by the expressions of config/flux, in the order of its RFC 9: observed generation, inProgress, failed, current.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '@marcbachmann/cel-js';
import { parseAllDocuments } from 'yaml';
import type { Kstatus } from '../kstatus.ts';
import { root } from '../world.ts';
import type { TrackedObject } from './situation.ts';

/** Expressions for one kind, as a Kustomization of Flux lists them. */
export interface HealthCheck {
  readonly apiVersion: string;
  readonly kind: string;
  readonly current: string;
  readonly failed?: string;
  readonly inProgress?: string;
}

interface Kustomization {
  readonly kind: string;
  readonly spec?: { readonly healthCheckExprs?: readonly HealthCheck[] };
}

/** The expressions of config/flux/kustomization.yaml. */
export function fluxChecks(): readonly HealthCheck[] {
  const documents = parseAllDocuments(readFileSync(join(root, 'config', 'flux', 'kustomization.yaml'), 'utf8'));
  return documents.flatMap((document) => (document.toJS() as Kustomization).spec?.healthCheckExprs ?? []);
}

/** The status of an object. An expression that reads what is not there is no answer, and Flux asks again. */
export function fluxStatus({ inProgress, failed, current }: HealthCheck, { metadata, spec, status }: TrackedObject): Kstatus {
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return 'InProgress';
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  const facts = { metadata, spec, ...(status === undefined ? {} : { status }) };
  const is = (expression: string | undefined): boolean => expression !== undefined && environment.evaluate(expression, facts) === true;
  try {
    if (is(inProgress)) return 'InProgress';
    if (is(failed)) return 'Failed';
    return is(current) ? 'Current' : 'InProgress';
  } catch {
    return 'InProgress';
  }
}
