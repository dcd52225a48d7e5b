// `run`: applies a mission file as the user and, with --follow, shows the mission until it has ended. A mission that has ended runs again.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { missions } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { messageOf } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';
import type { NewObject } from '#platform/kube/types.ts';
import type { Cluster } from '../access/cluster.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import { parseManifests, type Manifest } from '../world/manifest.ts';
import { conditionOf } from '#domain/mission/view.ts';
import { noMission, reachWords, withCluster, type Session } from './session.ts';
import { showUntilEnded } from './tree.ts';

export interface RunOptions {
  /** Path of a YAML file, or `-` for standard input. */
  readonly file: string;
  readonly follow: boolean;
  readonly json: boolean;
}

/** Applies the file; with `follow` the exit code tells the mission's outcome. */
export async function runCommand(session: Session, { file, follow, json }: RunOptions): Promise<number> {
  const manifests = await readManifests(file);
  const ours = manifests.filter(({ type }) => type.plural === missions.plural);
  if (ours.length === 0) throw new Refusal(`run ${file}: it holds no Mission`, 'write one, or start from config/samples/01-first-mission.yaml');
  if (follow && ours.length > 1) throw new Refusal(`run ${file}: it holds ${ours.length} Missions, and only one can be followed`, 'leave out --follow, or follow one with kubectl mission tree');
  return withCluster(session, async (cluster) => {
    for (const { type, object } of manifests.filter((manifest) => !ours.includes(manifest))) await cluster.client.apply(type, placed(object, cluster.namespace));
    const applied = [];
    for (const manifest of ours) applied.push(await applyMission(session, cluster, manifest));
    if (json) line(session.terminal, JSON.stringify(applied.length === 1 ? applied[0] : applied));
    const [first] = applied;
    return follow && first !== undefined ? showApplied(session, cluster, first) : exitCodes.ok;
  });
}

/** The objects of a file or of standard input (`-`); refuses with all that is wrong with them. */
export async function readManifests(file: string): Promise<readonly Manifest[]> {
  const parsed = parseManifests(await readInput(file));
  if (parsed.kind === 'manifests') return parsed.manifests;
  throw new Refusal(`read ${file}: ${parsed.faults.join(' | ')}`, 'correct the named fields; kubectl explain missions.coditect.ai.spec tells what exists');
}

async function readInput(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    throw new Refusal(`read ${file}: ${messageOf(cause)}`, 'name a readable YAML file, or - for standard input', { cause });
  }
}

/** Applies one mission in the user's name and says what became of it. A mission that has ended runs again. */
export async function applyMission({ terminal, reach }: Session, cluster: Cluster, { object }: Pick<Manifest, 'object'>): Promise<Mission> {
  const wanted = placed(object, cluster.namespace);
  const { name, namespace } = wanted.metadata;
  const existing = await cluster.client.get<Mission>(missions, { namespace, name });
  const applied = await cluster.client.apply<Mission>(missions, { ...wanted, spec: { ...runRequestFor(existing), ...(wanted['spec'] as object) } });
  const what = existing === undefined ? 'created' : hasEnded(existing) ? 'runs again' : 'updated';
  terminal.note(`mission ${name} ${what} in namespace ${namespace} ; next: kubectl mission tree ${name} ${reachWords(reach, { namespace }).join(' ')}`);
  return applied;
}

/** A mission that has ended is asked for another run; one that runs keeps its request. What the file says wins. */
function runRequestFor(existing: Mission | undefined): { readonly runRequest?: string } {
  if (existing === undefined) return {};
  if (hasEnded(existing)) return { runRequest: newUuid() };
  return existing.spec.runRequest === undefined ? {} : { runRequest: existing.spec.runRequest };
}

function hasEnded({ status }: Mission): boolean {
  return (conditionOf(status, 'Succeeded')?.status ?? 'Unknown') !== 'Unknown';
}

function placed(object: NewObject, fallback: string): NewObject & { readonly metadata: { readonly namespace: string } } {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? fallback } };
}

async function showApplied(session: Session, cluster: Cluster, { metadata }: Mission): Promise<number> {
  const there = cluster.inNamespace(metadata.namespace);
  const feed = await there.watch(metadata.name);
  try {
    const view = feed?.view();
    if (feed === undefined || view === undefined) throw noMission(metadata.name, there);
    return await showUntilEnded(session, { cluster: there, feed, view });
  } finally {
    await feed?.close();
  }
}
