// Three oracles on every situation: Argo CD's own program with our Lua, the real kstatus, and the expressions for Flux. They must say what the table says, and not contradict each other.
import { expect, test } from 'vitest';
import { conditionTables } from '#api/conditions.ts';
import { settingsFrom } from '#devcluster/index.ts';
import { askKstatus, ensureKstatus } from '#devcluster/services/kstatus/index.ts';
import { type HealthRow, healthRows } from '#scripts/generators/argocd/health.ts';
import { kstatus } from '../kstatus.ts';
import { argoHealth, argoIsAbsent } from './argo.ts';
import { rows, situations } from './catalogue.ts';
import { fluxChecks, fluxStatus } from './flux.ts';
import { shownMessage, type Situation, withAlike } from './situation.ts';

const everything: readonly (readonly [string, Situation])[] = rows.flatMap(([kind, name, situation]) => withAlike(`${kind} ${name}`, situation));
const program = await ensureKstatus(settingsFrom(process.env));
const noKstatus = program.kind === 'missing' ? ` (SKIPPED: ${program.why})` : '';
const noArgo = argoIsAbsent === undefined ? '' : ` (SKIPPED: ${argoIsAbsent})`;

/** Answers to all questions, four at a time. */
async function askAll<T>(ask: (situation: Situation) => Promise<T>): Promise<Record<string, T>> {
  const left = [...everything];
  const answers: Record<string, T> = {};
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) answers[next[0]] = await ask(next[1]);
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return answers;
}

const expected = <T>(want: (situation: Situation) => T): Record<string, T> => Object.fromEntries(everything.map(([name, situation]) => [name, want(situation)]));

test.skipIf(argoIsAbsent !== undefined)(`Argo CD shows of every situation what the table says, with our message${noArgo}`, { timeout: 300_000 }, async () => {
  expect(await askAll(({ object }) => argoHealth(object))).toEqual(expected((situation) => ({ status: situation.argo, message: shownMessage(situation) })));
});

/** The row that decides, as the Lua finds it. */
function decidingRow({ object: { kind, metadata, status } }: Situation): HealthRow | undefined {
  if (metadata.deletionTimestamp !== undefined || status?.observedGeneration !== metadata.generation) return undefined;
  const all: readonly HealthRow[] = Object.hasOwn(healthRows, kind) ? healthRows[kind as keyof typeof healthRows] : [];
  return all.find((row) => status.conditions?.some(({ type, status: value, reason }) => type === row.type && value === row.status && row.reasons?.includes(reason) !== false));
}

test('the rows from which the Lua is printed say the same, and each of them decides something', () => {
  const decided = everything.filter(([, { object }]) => object.status !== undefined).map(([name, situation]) => ({ name, situation, row: decidingRow(situation) }));
  expect(decided.filter(({ row, situation }) => (row?.health ?? 'Progressing') !== situation.argo).map(({ name }) => name)).toEqual([]);
  const used = new Set(decided.map(({ row }) => row));
  expect(Object.values<readonly HealthRow[]>(healthRows).flat().filter((row) => !used.has(row))).toEqual([]);
});

test.skipIf(program.kind === 'missing')(`kstatus says of every situation what the table says${noKstatus}`, { timeout: 60_000 }, async () => {
  const answers = await askKstatus(program.kind === 'found' ? program.file : '', everything.map(([, { object }]) => object));
  expect(Object.fromEntries(everything.map(([name], index) => [name, answers[index]?.status]))).toEqual(expected((situation) => situation.kstatus));
});

test('so does our port of kstatus, which serves where there is no Go', () => {
  expect(expected(({ object }) => kstatus(object))).toEqual(expected((situation) => situation.kstatus));
});

test('so do the expressions for Flux, and they do not take an object for finished that nobody has looked at', () => {
  const checks = new Map(fluxChecks().map((check) => [check.kind, check]));
  expect([...checks.keys()]).toEqual(['Mission', 'Task', 'AgentPool']);
  // Of what is being deleted Flux asks kstatus alone.
  const asked = everything.flatMap(([name, situation]) => {
    const check = checks.get(situation.object.kind);
    return check === undefined || situation.object.metadata.deletionTimestamp !== undefined ? [] : [{ name, check, situation }];
  });
  expect(asked.length).toBeGreaterThan(50);
  expect(Object.fromEntries(asked.map(({ name, check, situation }) => [name, fluxStatus(check, situation.object)]))).toEqual(Object.fromEntries(asked.map(({ name, situation }) => [name, situation.flux ?? situation.kstatus])));
});

/** What Argo CD may show while Flux and Helm say this: a mission under control holds up nobody, and is not done yet. */
const agreeing: Readonly<Record<string, readonly Situation['argo'][]>> = { Current: ['Healthy', 'Progressing', 'Suspended'], InProgress: ['Progressing'], Failed: ['Degraded'], Terminating: ['Progressing'] };

test('no situation is well for one and broken for another', () => {
  // A plan that was rejected has no status that could say so to kstatus; its mission is Failed.
  const contradictions = everything.filter(([name, { argo, kstatus: said }]) => name !== 'Plan rejected' && agreeing[said]?.includes(argo) !== true);
  expect(contradictions.map(([name]) => name)).toEqual([]);
});

test('every reason of the tables of conditions is in some situation', () => {
  const seen = new Set(everything.flatMap(([, { object: { kind, status } }]) => (status?.conditions ?? []).map(({ type, reason }) => `${kind} ${type}/${reason}`)));
  const known = Object.entries(conditionTables).flatMap(([kind, types]) => Object.entries(types).flatMap(([type, reasons]) => Object.keys(reasons).map((reason) => `${kind} ${type}/${reason}`)));
  expect(known.filter((reason) => !seen.has(reason))).toEqual([]);
  expect(Object.keys(situations)).toEqual(expect.arrayContaining(Object.keys(conditionTables)));
});
