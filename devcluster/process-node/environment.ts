// The environment and argv of a container, as Kubernetes computes them. Objects it refers to are read before.
import type { Image } from '../images.ts';
import { type Mount, rewritePaths } from './mounts.ts';
import type { Container, EnvSource, EnvVar, KeyReference, Pod } from './pod.ts';

/** Data of the ConfigMaps and Secrets that a container names. */
export interface Objects {
  configMap(name: string): Readonly<Record<string, string>> | undefined;
  secret(name: string): Readonly<Record<string, string>> | undefined;
}

/** What a container is started with, or why it cannot be. */
export type Invocation =
  | { readonly kind: 'ready'; readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly workingFolder?: string }
  | { readonly kind: 'missing'; readonly message: string };

export interface InvocationParts {
  readonly pod: Pod;
  readonly container: Container;
  readonly image: Image;
  readonly mounts: readonly Mount[];
  readonly objects: Objects;
  /** Variables that this node sets; they win, because they say where things really are. */
  readonly nodeEnv: Readonly<Record<string, string>>;
  /** Variables that a container may set otherwise, such as HOME. */
  readonly defaultEnv: Readonly<Record<string, string>>;
}

/** Computes argv, environment and working folder of one container. */
export function invocationOf(parts: InvocationParts): Invocation {
  const { container, image, mounts, nodeEnv, defaultEnv } = parts;
  let given: Readonly<Record<string, string>>;
  try {
    given = givenEnv(parts);
  } catch (error) {
    if (error instanceof MissingObject) return { kind: 'missing', message: error.message };
    throw error;
  }
  const scope = { ...given, ...nodeEnv };
  const real = (text: string) => rewritePaths(text, mounts);
  const words = argvOf(container, image, (word) => real(expand(word, scope)));
  const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, real(value)]));
  const folder = container.workingDir === undefined ? undefined : real(container.workingDir);
  return { kind: 'ready', argv: words, env: { ...defaultEnv, ...env, ...nodeEnv }, ...(folder === undefined || folder === container.workingDir ? {} : { workingFolder: folder }) };
}

/** What image and container say, each variable expanded with those before it. */
function givenEnv({ pod, container, image, objects, nodeEnv }: InvocationParts): Readonly<Record<string, string>> {
  const given: Record<string, string> = { ...image.env };
  for (const source of container.envFrom ?? []) Object.assign(given, fromSource(source, objects));
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, pod, objects, { ...given, ...nodeEnv });
    if (value !== undefined) given[variable.name] = value;
  }
  return given;
}

/** `command` stands for the image's entry point and drops the image's own arguments; `args` replaces those alone. */
function argvOf({ command = [], args = [] }: Container, image: Image, inContainer: (word: string) => string): readonly string[] {
  if (command.length > 0) return [...command, ...args].map(inContainer);
  return [...image.command, ...(args.length > 0 ? args.map(inContainer) : (image.args ?? []))];
}

/** Replaces $(NAME) by its value; $$ is a dollar sign, an unknown name stays as it is. */
export function expand(text: string, scope: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^()\s]+)\)/g, (whole, name: string | undefined) => (name === undefined ? '$' : (scope[name] ?? whole)));
}

/** The pod's field behind a path of the downward API; undefined when the path is not known. */
export function fieldOf({ metadata, spec }: Pod, path: string): string | undefined {
  const known: Readonly<Record<string, string>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'status.podIP': '',
    'status.podIPs': '',
    'status.hostIP': '127.0.0.1',
    'metadata.labels': keyValueLines(metadata.labels),
    'metadata.annotations': keyValueLines(metadata.annotations),
  };
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (key !== undefined) return (map === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
  return known[path];
}

function keyValueLines(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map).toSorted().map((key) => `${key}=${JSON.stringify(map[key])}`).join('\n');
}

class MissingObject extends Error {}

function valueOf({ name, value, valueFrom }: EnvVar, pod: Pod, objects: Objects, scope: Readonly<Record<string, string>>): string | undefined {
  if (valueFrom === undefined) return expand(value ?? '', scope);
  const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (configMapKeyRef !== undefined) return keyOf('ConfigMap', configMapKeyRef, objects.configMap(configMapKeyRef.name));
  if (secretKeyRef !== undefined) return keyOf('Secret', secretKeyRef, objects.secret(secretKeyRef.name));
  const field = fieldRef === undefined ? undefined : fieldOf(pod, fieldRef.fieldPath);
  if (field === undefined) throw new MissingObject(`env ${name}: ${fieldRef?.fieldPath ?? 'resourceFieldRef'} is not known to the process node`);
  return field;
}

function keyOf(kind: string, { name, key, optional }: KeyReference, data: Readonly<Record<string, string>> | undefined): string | undefined {
  const value = data?.[key];
  if (value !== undefined || optional === true) return value;
  throw new MissingObject(data === undefined ? `${kind} ${name} not found` : `couldn't find key ${key} in ${kind} ${name}`);
}

function fromSource({ prefix = '', configMapRef, secretRef }: EnvSource, objects: Objects): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [kind, reference, data] of [
    ['ConfigMap', configMapRef, configMapRef === undefined ? undefined : objects.configMap(configMapRef.name)],
    ['Secret', secretRef, secretRef === undefined ? undefined : objects.secret(secretRef.name)],
  ] as const) {
    if (reference !== undefined && data === undefined && reference.optional !== true) throw new MissingObject(`${kind} ${reference.name} not found`);
    for (const [key, value] of Object.entries(data ?? {})) found[`${prefix}${key}`] = value;
  }
  return found;
}
