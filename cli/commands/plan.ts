// `plan`: what a planner makes of a mission file. The model is asked and paid, and nothing is created.
import { missions } from '#api/v1alpha1/kinds.ts';
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import type { PlanSpec } from '#api/v1alpha1/plan.ts';
import { describeEstimate } from '#domain/approval/plan.ts';
import type { Cluster } from '../access/cluster.ts';
import type { PlanPreview } from '../access/operator.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { type Style, styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { columns, plain, shellWord } from '../terminal/text.ts';
import { layout } from '../tree/layout.ts';
import type { Manifest } from '../world/manifest.ts';
import { readManifests } from './run.ts';
import { reachWords, withCluster, type Session } from './session.ts';

export interface PlanOptions {
  /** Path of a YAML file, or `-` for standard input. */
  readonly file: string;
  readonly json: boolean;
}

/** Previews the plan of a mission: 0 for a valid one, 1 when the model found none. */
export async function planCommand(session: Session, { file, json }: PlanOptions): Promise<number> {
  const { object } = missionIn(await readManifests(file), file);
  const { name, namespace } = object.metadata;
  return withCluster(session, async (cluster) => {
    const there = namespace === undefined ? cluster : cluster.inNamespace(namespace);
    const preview = await ask(session, there, JSON.stringify(object['spec']));
    if (preview === undefined) return exitCodes.interrupted;
    if (json) line(session.terminal, JSON.stringify({ mission: name, namespace: there.namespace, ...preview }));
    else for (const text of previewLines(name, preview, styleOf(session.terminal))) line(session.terminal, text);
    session.terminal.note(`nothing was created ; next: ${nextOf(preview, ['kubectl', 'mission', 'run', '-f', file, '--follow', ...reachWords(session.reach, there)])}`);
    return preview.verdict === 'Accepted' ? exitCodes.ok : exitCodes.failed;
  });
}

function missionIn(manifests: readonly Manifest[], file: string): Manifest {
  const [mission, ...others] = manifests.filter(({ type }) => type.plural === missions.plural);
  if (mission === undefined) throw new Refusal(`plan ${file}: it holds no Mission`, 'write one, or start from config/samples/14-goal-without-tasks.yaml');
  if (others.length > 0) throw new Refusal(`plan ${file}: it holds ${others.length + 1} Missions, and one is planned at a time`, 'put each into a file of its own');
  const { planner, tasks = [] } = mission.object['spec'] as { readonly planner?: object; readonly tasks?: readonly object[] };
  if (planner === undefined || tasks.length > 0) throw new Refusal(`plan ${file}: mission ${mission.object.metadata.name} ${tasks.length > 0 ? 'has its tasks in spec.tasks already' : 'asks for no planner'}`, 'set spec.planner: {} and leave spec.tasks out, or run the mission as it is: kubectl mission run');
  return mission;
}

/** The preview, or undefined when the user has had enough. */
async function ask(session: Session, cluster: Cluster, specJson: string): Promise<PlanPreview | undefined> {
  const operator = await session.openOperator(cluster);
  try {
    return await operator.plan(specJson, session.signal);
  } catch (error) {
    if (session.signal.aborted) return undefined;
    throw error;
  } finally {
    await operator.close();
  }
}

function previewLines(name: string, { verdict, tasks, faults, summary, model, rounds, costUsd, inputTokens, outputTokens, estimate }: PlanPreview, style: Style): string[] {
  const isGood = verdict === 'Accepted';
  const head = isGood ? style.paint('good', `${tasks.length} tasks planned`) : style.paint('bad', 'no valid plan');
  return [
    `${style.paint('strong', `mission ${name}`)} ${head}${summary === '' ? '' : `: ${plain(summary)}`}`,
    ...faults.map((fault) => `  ${plain(fault)}`),
    ...taskLines(tasks, style),
    ...(isGood ? estimateLines(estimate) : []),
    `${plain(model)} was asked ${rounds === 1 ? 'once' : `${rounds} times`} for ${costUsd} USD: ${inputTokens} tokens read, ${outputTokens} written`,
  ];
}

/** What carrying out a plan may take. */
export function estimateLines(estimate: PlanSpec['estimate']): string[] {
  if (estimate === undefined) return ['nobody knows what it may cost'];
  return [`it may take ${describeEstimate(estimate)}`, `longest way: ${estimate.criticalPath.map(plain).join(' -> ')}`];
}

/** The tasks of a plan as a tree, with what each waits for. */
export function taskLines(tasks: readonly MissionTask[], { symbols }: Style): string[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  return columns(
    layout(tasks).flatMap(({ name, branches }) => {
      const task = byName.get(name);
      if (task === undefined) return [];
      const { type, intent, dependsOn } = task;
      return [[branches.map((branch) => symbols.branch[branch]).join('') + name, type, intent.action, dependsOn.length === 0 ? '' : `after ${dependsOn.join(', ')}`]];
    }),
  );
}

function nextOf({ verdict }: PlanPreview, run: readonly string[]): string {
  if (verdict !== 'Accepted') return 'say more in spec.goal or spec.planner.instructions and repeat the command';
  return `${run.map(shellWord).join(' ')} (asks the planner anew: its plan may differ)`;
}
