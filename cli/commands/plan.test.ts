// Plans for people: a preview of one, those that were made, and what differs between two; and missions that have none yet.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Goal, MissionTask } from '#api/v1alpha1/mission.ts';
import type { Condition } from '#api/v1alpha1/schema.ts';
import { aPlan, type PlanBuilder } from '#testing/builders/plan.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { fakeClient, fakeCluster, fakeSession } from '../access/fake.ts';
import type { Operator, PlanPreview } from '../access/operator.ts';
import { errorLine } from '../failure.ts';
import { fakeTerminal } from '../terminal/fake.ts';
import { changeLines } from '../tree/lines.ts';
import { missionTree, type MissionTree } from '../tree/model.ts';
import { aMission, aPlannedMission, FakeFeed, succeeded, t0 } from '../world/fixture.ts';
import { planCommand } from './plan.ts';
import { planDiffCommand, plansCommand } from './plans.ts';
import { treeCommand } from './tree.ts';
import { whyCommand } from './why.ts';

const planning = aPlannedMission({ conditions: [succeeded('Unknown', 'Planning', 'the planner thinks about the question')] });

interface Given {
  mission?: typeof planning;
  plans?: readonly PlanBuilder[];
  operator?: Partial<Operator>;
  signal?: AbortSignal;
  colours?: boolean;
}

function setUp({ mission = planning, plans = [], operator, signal, colours = false }: Given = {}) {
  const terminal = fakeTerminal({ colours });
  const objects = Object.fromEntries(plans.map((plan) => plan.build()).map((plan) => [`plans/${plan.metadata.name}`, plan]));
  const cluster = fakeCluster(new FakeFeed({ mission, tasks: [] }), fakeClient(objects));
  const session = fakeSession({ terminal, clock: new ManualClock(t0), cluster, ...(operator === undefined ? {} : { operator }), ...(signal === undefined ? {} : { signal }) });
  return { terminal, session };
}

describe('plan', () => {
  let folder = '';
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cli-plan-'))));
  afterAll(() => rm(folder, { recursive: true }));
  const manifest = 'apiVersion: coditect.ai/v1alpha1\nkind: Mission\nmetadata: {name: examine}\nspec: {goal: know, planner: {maxTasks: 5}}\n';
  const planned = (name: string, ...dependsOn: string[]) => MissionTask.parse({ name, type: 'Analyzer', intent: { action: 'AnalyzeCode' }, dependsOn });
  const accepted: PlanPreview = { verdict: 'Accepted', tasks: [planned('survey'), planned('report', 'survey', 'style'), planned('style', 'survey')], faults: [], summary: 'Look,\u001B[31m then tell.', model: 'wise-1', rounds: 2, costUsd: '0.0125', inputTokens: 1200, outputTokens: 340, estimate: { costUsd: '0.20', seconds: 90, criticalPath: ['survey', 'style', 'report'], widest: 1 } };
  const rejected: PlanPreview = { ...accepted, verdict: 'Rejected', tasks: [], faults: ['tasks[0].intent.action: there is no action Fly'], summary: '', rounds: 3 };

  async function plan(preview: PlanPreview | Error, { yaml = manifest, json = false, ...given }: Given & { yaml?: string; json?: boolean } = {}) {
    const file = join(folder, 'm.yaml');
    await writeFile(file, yaml);
    const asked: string[] = [];
    const operator = { plan: (spec: string) => (asked.push(spec), preview instanceof Error ? Promise.reject(preview) : Promise.resolve(preview)) };
    const { session, terminal } = setUp({ operator, ...given });
    const ended = await planCommand(session, { file, json }).catch(errorLine);
    return { ended, asked, out: terminal.out(), notes: terminal.notes.map((note) => note.replace(file, 'm.yaml')) };
  }

  test('shows tasks as a tree, the words and the cost of the model, and creates nothing', async () => {
    const { ended, asked, out, notes } = await plan(accepted);
    expect([ended, asked]).toEqual([0, ['{"goal":"know","planner":{"maxTasks":5}}']]);
    expect(out).toMatchInlineSnapshot(`
      "mission examine 3 tasks planned: Look, then tell.
      survey        Analyzer  AnalyzeCode
      └─ style      Analyzer  AnalyzeCode  after survey
         └─ report  Analyzer  AnalyzeCode  after survey, style
      it may take about 0.20 USD and 90 s, with one task at a time
      longest way: survey -> style -> report
      wise-1 was asked 2 times for 0.0125 USD: 1200 tokens read, 340 written
      "
    `);
    expect(notes).toEqual(['nothing was created ; next: kubectl mission run -f m.yaml --follow -n demo (asks the planner anew: its plan may differ)']);
  });

  test('that is rejected ends with 1, and says what was wrong and what to do', async () => {
    const { ended, out, notes } = await plan(rejected);
    expect(ended).toBe(1);
    expect(out).toBe('mission examine no valid plan\n  tasks[0].intent.action: there is no action Fly\nwise-1 was asked 3 times for 0.0125 USD: 1200 tokens read, 340 written\n');
    expect(notes).toEqual(['nothing was created ; next: say more in spec.goal or spec.planner.instructions and repeat the command']);
  });

  test('is data when asked', async () => {
    const { ended, out } = await plan(accepted, { json: true });
    expect([ended, JSON.parse(out)]).toEqual([0, { mission: 'examine', namespace: 'demo', ...accepted }]);
  });

  test('is coloured on a terminal alone', async () => {
    expect((await plan(accepted)).out).not.toContain('\u001B[');
    expect((await plan(accepted, { colours: true })).out).toContain('\u001B[32m3 tasks planned');
  });

  test('that nobody waits for any more ends with 130', async () => {
    const { ended, out } = await plan(new Error('canceled'), { signal: AbortSignal.abort() });
    expect([ended, out]).toEqual([130, '']);
  });

  const refused: Record<string, { yaml: string; says: RegExp }> = {
    'a file without a mission': { yaml: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n', says: /it holds no Mission ; next: write one/ },
    'two missions': { yaml: `${manifest}---\n${manifest}`, says: /it holds 2 Missions, and one is planned at a time ; next: put each/ },
    'a mission with tasks': { yaml: manifest.replace('planner: {maxTasks: 5}', 'tasks: [{name: a, type: Analyzer, intent: {action: AnalyzeCode}}]'), says: /mission examine has its tasks in spec\.tasks already ; next: set spec\.planner/ },
    'a mission without a planner': { yaml: manifest.replace(', planner: {maxTasks: 5}', ''), says: /mission examine asks for no planner ; next: set spec\.planner/ },
    'a wrong field': { yaml: manifest.replace('maxTasks', 'mostTasks'), says: /spec\.planner\.mostTasks: there is no such field ; next: correct/ },
  };
  test.each(Object.entries(refused))('refuses %s and asks nobody', async (_, { yaml, says }) => {
    const { ended, asked } = await plan(accepted, { yaml });
    expect([ended, asked]).toEqual([expect.stringMatching(says), []]);
  });

  test('fails when the operator does', async () => expect((await plan(new Error('connection reset'))).ended).toMatch(/^error: connection reset/));
});

const ago = (ms: number) => ({ plannedTime: new Date(t0 - ms).toISOString() });
const first = aPlan(planning).withTask('survey').withTask('report', 'survey').spec(ago(7_200_000));
const second = aPlan(planning).spec({ revision: 2, ...ago(120_000) }).rejected('the answer holds no JSON object', 'the answer was cut');
const third = aPlan(planning).withTask('survey').withTask('style', 'survey').withTask('report', 'survey', 'style').spec({ revision: 3, ...ago(90_000) });

describe('plans', () => {
  const listed = async (given: Given) => {
    const { session, terminal } = setUp(given);
    return { code: await plansCommand(session, 'examine', { json: false }), lines: terminal.out().split('\n').slice(0, -1), notes: terminal.notes };
  };

  test('are listed oldest first, with the one in use, and what was wrong with the others', async () => {
    const { code, lines } = await listed({ plans: [third, first, second] });
    expect([code, lines]).toEqual([
      0,
      [
        'IN USE  REVISION  VERDICT   TASKS  ROUNDS  COST      MODEL    AGE    NAME',
        '        1         Accepted  2      1       0.01 USD  a-model  2h00m  examine-plan-1',
        '        2         Rejected  0      3       0.01 USD  a-model  2m00s  examine-plan-2',
        '*       3         Accepted  3      1       0.01 USD  a-model  1m30s  examine-plan-3',
        'revision 2 was rejected: the answer holds no JSON object',
        'revision 2 was rejected: the answer was cut',
      ],
    ]);
  });

  test('the one that the status names is in use, whatever was planned since', async () => {
    const mission = aPlannedMission({ plan: { hash: '', source: 'Planner', name: 'examine-plan-1', revision: 1, taskCount: 2, createdThrough: 2 } });
    const { lines } = await listed({ mission, plans: [first, third] });
    expect(lines.filter((text) => text.startsWith('*'))).toEqual([expect.stringContaining('examine-plan-1')]);
  });

  test('of which the last was rejected say how to ask again', async () => {
    const { lines } = await listed({ plans: [first, second] });
    expect(lines.at(-1)).toBe('  next: say more in spec.goal or spec.planner.instructions, or ask again: kubectl delete plans.coditect.ai examine-plan-2 -n demo');
    expect(lines.filter((text) => text.startsWith('*'))).toEqual([]);
  });

  test('that are not there yet, or never will be, are told apart', async () => {
    expect((await listed({})).notes).toEqual(['mission examine has no plan yet ; next: kubectl mission why examine -n demo']);
    expect((await listed({ mission: aMission({ a: [] }) })).notes).toEqual(['mission examine has its tasks in spec.tasks: no planner was asked']);
  });

  test('are data when asked', async () => {
    const { session, terminal } = setUp({ plans: [first, third] });
    await plansCommand(session, 'examine', { json: true });
    expect(JSON.parse(terminal.out())).toMatchObject([{ name: 'examine-plan-1', inUse: false, revision: 1 }, { name: 'examine-plan-3', inUse: true, usage: { costUsd: '0.01' } }]);
  });
});

describe('plan-diff', () => {
  const compared = async (options: { from?: number; to?: number }, plans: readonly PlanBuilder[] = [first, second, third]) => {
    const { session, terminal } = setUp({ plans });
    const code = await planDiffCommand(session, 'examine', { json: false, ...options }).catch(errorLine);
    return [code, terminal.out()];
  };

  test('compares the newest accepted plan with the accepted one before it', async () => {
    expect(await compared({})).toEqual([0, 'mission examine, plan 1 to 3: 1 added, 0 removed, 1 field changed\n+ style  Analyzer AnalyzeCode  after survey\n~ report  dependsOn: ["survey"] -> ["style","survey"]\n']);
  });

  test('compares those that are named, in that order', async () => {
    expect(await compared({ from: 3, to: 1 })).toEqual([0, 'mission examine, plan 3 to 1: 0 added, 1 removed, 1 field changed\n- style  Analyzer AnalyzeCode  after survey\n~ report  dependsOn: ["style","survey"] -> ["survey"]\n']);
    expect(await compared({ from: 3 })).toEqual([0, 'mission examine, plan 3 to 3: 0 added, 0 removed, 0 fields changed\n']);
  });

  const refused: Record<string, { options: { from?: number; to?: number }; says: string }> = {
    'a revision that does not exist': { options: { from: 9 }, says: 'compare plan 9' },
    'one that was rejected': { options: { from: 1, to: 2 }, says: 'compare plan 2' },
    'the first with what was before it': { options: { to: 1 }, says: 'compare plans' },
  };
  test.each(Object.entries(refused))('refuses %s', async (_, { options, says }) => {
    const [code] = await compared(options);
    expect(code).toMatch(new RegExp(`^error: ${says} .* ; next: kubectl mission plans examine -n demo$`));
  });

  test('refuses when there is nothing to compare', async () => expect((await compared({}, [second]))[0]).toMatch(/^error: compare plans of mission examine: there are not two accepted plans/));

  test('is data when asked', async () => {
    const { session, terminal } = setUp({ plans: [first, third] });
    await planDiffCommand(session, 'examine', { json: true });
    expect(JSON.parse(terminal.out())).toMatchObject({ mission: 'examine', from: 1, to: 3, added: [{ name: 'style' }], removed: [], changed: [{ task: 'report', field: 'dependsOn' }] });
  });
});

describe('a mission without a plan', () => {
  const tree = async (mission: typeof planning) => {
    const { session, terminal } = setUp({ mission });
    await treeCommand(session, 'examine', { once: true, json: false });
    return terminal.out();
  };
  const accepted = (status: 'True' | 'False', reason: string, message: string): Condition => ({ ...succeeded(status, reason, message), type: 'Accepted' });
  const checked: Goal = { name: 'clean', required: true, check: { command: { command: ['true'], expectExitCode: 0, timeoutSeconds: 60, capabilities: [] } } };

  test('says what the planner does, where its tasks would be; not even those that check goals are sure', async () => {
    const thinking = succeeded('Unknown', 'Planning', 'the planner thinks about the question');
    expect(await tree(aPlannedMission({ conditions: [thinking] }, [checked]))).toBe('mission examine  Planning  0/0 tasks  goals 0/1\nplanning: the planner thinks about the question\n');
    expect(await tree(aPlannedMission())).toBe('mission examine  Pending  0/0 tasks  goals 0/0\nplanning: the operator has not looked at this mission yet\n');
  });

  test('that will not get one says only why', async () => {
    const conditions = [accepted('False', 'PlanRejected', 'plans.coditect.ai x: no valid plan came of 3 answers'), succeeded('Unknown', 'NotAccepted', 'no')];
    expect(await tree(aPlannedMission({ conditions }))).toBe('mission examine  NotAccepted  0/0 tasks  goals 0/0\nPlanRejected: plans.coditect.ai x: no valid plan came of 3 answers\n');
  });

  test('that has ended plans no more', async () => {
    expect(await tree(aPlannedMission({ conditions: [succeeded('False', 'Cancelled', 'operatingMode is Cancel')] }))).toBe('mission examine  Cancelled  0/0 tasks  goals 0/0\n');
  });

  test('is followed in a pipe line by line until there is one', () => {
    const waiting = aPlannedMission({ conditions: [succeeded('Unknown', 'Planning', 'asked again: overloaded')] });
    const plan = aPlan(planning).withTask('survey').build();
    const known = { ...aPlannedMission({ conditions: [succeeded('Unknown', 'Running', '0 of 1 tasks done')] }), spec: { ...planning.spec, tasks: plan.spec.tasks } };
    const [before, again, after] = [planning, waiting, known].map((mission) => missionTree({ mission, tasks: [] }));
    const said = (from: MissionTree | undefined, to: MissionTree | undefined) => (to === undefined ? [] : changeLines(from, to, t0).map((text) => text.slice('00:00:00 '.length)));
    expect(said(undefined, before)).toEqual(['mission examine Planning: the planner thinks about the question']);
    expect(said(before, again)).toEqual(['mission examine Planning: asked again: overloaded']);
    expect(said(again, after)).toEqual(['mission examine Running']);
  });

  test('has no task that could be asked about', async () => {
    const { session } = setUp();
    expect(await whyCommand(session, 'examine', { json: false, task: 'survey' }).catch(errorLine)).toBe('error: find task survey: mission examine has no tasks yet ; next: kubectl mission why examine');
  });

  test('says why in one sentence, whatever its goals miss', async () => {
    const { session, terminal } = setUp({ mission: aPlannedMission({ ...planning.status, goals: [{ name: 'clean', state: 'Unmet', reason: 'FieldMissing', evidence: 'missing' }] }) });
    await whyCommand(session, 'examine', { json: false });
    expect(terminal.out()).toBe('mission examine Planning: the planner thinks about the question\n');
  });
});
