// Runs the mission of the samples on the demo's cluster, shows it, and prints what came of it.
import { readFile } from 'node:fs/promises';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { Surroundings } from '../commands/open.ts';
import { openSession } from '../commands/open.ts';
import { applyMission } from '../commands/run.ts';
import { withCluster, type Session, type Watching } from '../commands/session.ts';
import { showLive } from '../commands/tree.ts';
import { exitCodeOf } from '../commands/wait.ts';
import { Refusal } from '../failure.ts';
import { approveFirstPlan, approveFurtherPlans } from './approver.ts';
import { styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { plain } from '../terminal/text.ts';
import { artifactsOf, reportOf, summary } from '../tree/summary.ts';
import { parseManifests, type Manifest } from '../world/manifest.ts';
import type { MissionView } from '#domain/mission/view.ts';
import type { Checkout } from './checkout.ts';
import { demoNamespace, operatorNamespace, type Place } from './place.ts';
import { withGitUrl } from './repository.ts';

const reportLines = 30;

/** A mission of the samples, and where it runs. */
export interface DemoMission {
  readonly place: Place;
  readonly sample: string;
}

/** Runs the demo's mission to its end; the exit code tells its outcome. */
export async function runDemoMission(surroundings: Surroundings, checkout: Checkout, { place, sample }: DemoMission): Promise<number> {
  const session = openSession(surroundings, { namespace: demoNamespace, operatorNamespace, ...(place.kubeconfig === undefined ? {} : { kubeconfig: place.kubeconfig }) });
  const manifest = await demoManifest(checkout, place, sample);
  return withCluster(session, async (cluster) => {
    await applyMission({ ...session, terminal: { ...session.terminal, note: () => {} } }, cluster, manifest);
    const feed = await cluster.watch(manifest.object.metadata.name);
    const view = feed?.view();
    if (feed === undefined || view === undefined) throw new Refusal(`watch mission ${manifest.object.metadata.name}: it was deleted`, 'run the demo again');
    try {
      return await showAndSum(session, { cluster, feed, view }, place);
    } finally {
      await feed.close();
    }
  });
}

async function showAndSum(session: Session, watching: Watching, place: Place): Promise<number> {
  const { terminal } = session;
  await approveFirstPlan(session, watching);
  const approver = approveFurtherPlans(session, watching);
  const { watched, view } = await showLive(session, watching);
  const approved = await approver.close();
  if (approved.length > 0) for (const text of ['', 'On the way another plan took its place, and was approved:', ...approved]) line(terminal, text);
  if (watched.kind === 'ended') {
    const page = { columns: terminal.size().columns, style: styleOf(terminal), reach: ['-n', demoNamespace], before: place.before, report: [...(await readReport(session, watching, view)), ...(await readChange(session, watching, view))] };
    for (const text of ['', ...summary(view, page)]) line(terminal, text);
  }
  return exitCodeOf(watched);
}

/** The first lines of the report; none when there is no report or it cannot be read now. */
async function readReport(session: Session, { cluster }: Watching, view: MissionView): Promise<readonly string[]> {
  const found = reportOf(view);
  return found === undefined ? [] : readLines(session, { cluster, view, artifact: found.artifact });
}

/** The code that a model wrote, for those who want to see it at once. */
async function readChange(session: Session, { cluster }: Watching, view: MissionView): Promise<readonly string[]> {
  const found = artifactsOf(view).find(({ artifact }) => artifact.name === 'change.patch');
  return found === undefined ? [] : ['', `What ${found.task} changed:`, '', ...(await readLines(session, { cluster, view, artifact: found.artifact }))];
}

interface Wanted extends Pick<Watching, 'cluster' | 'view'> {
  readonly artifact: Artifact;
}

async function readLines(session: Session, { cluster, view, artifact }: Wanted): Promise<readonly string[]> {
  const blobs = await session.openBlobs(cluster);
  try {
    const lines = new TextDecoder().decode(await blobs.read(view.mission.metadata.name, artifact)).trimEnd().split('\n');
    return [...lines.slice(0, reportLines).map(plain), ...(lines.length > reportLines ? [`... ${lines.length - reportLines} more lines`] : [])];
  } finally {
    await blobs.close();
  }
}

/** This repository has a mission of its own; every other one is examined. */
async function demoManifest(checkout: Checkout, { gitUrl: url }: Place, sample: string): Promise<Manifest> {
  const parsed = parseManifests(withGitUrl(await readFile(checkout.sample(sample), 'utf8'), url));
  const [manifest] = parsed.kind === 'manifests' ? parsed.manifests : [];
  if (manifest === undefined) throw new Refusal(`read the demo's mission with repository ${url}: ${parsed.kind === 'faults' ? parsed.faults.join(' | ') : 'it is empty'}`, 'set REPO to a folder, or to an https, http, ssh or git URL');
  return manifest;
}
