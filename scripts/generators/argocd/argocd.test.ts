// The settings for Argo CD are valid where they are applied: as a ConfigMap, and as a patch of kustomize. What the Lua says is tested in testing/gitops.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { kinds } from '#api/v1alpha1/kinds.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { ensureBinaries, needsBuild, settingsFrom } from '#devcluster/index.ts';
import { argocdFiles } from './index.ts';

const files = new Map(argocdFiles().map(({ path, text }) => [path, text]));
const text = (path: string): string => files.get(`config/argocd/${path}`) ?? readFileSync(join('config', 'argocd', path), 'utf8');
const { data } = parse(text('argocd-cm.yaml')) as { data: Record<string, string> };

test('every kind has health, and the Lua of the ConfigMap is that of the layout of Argo CD', () => {
  const inLayout = Object.fromEntries(kinds.map(({ kind }) => [kind, text(`coditect.ai/${kind}/health.lua`).replace(/^-- Generated.*\n/, '')]));
  expect(Object.fromEntries(kinds.map(({ kind }) => [kind, data[`resource.customizations.health.coditect.ai_${kind}`]]))).toEqual(inLayout);
});

test('each action that is offered can be done', () => {
  for (const kind of ['Mission', 'AgentPool']) {
    const value = parse(data[`resource.customizations.actions.coditect.ai_${kind}`] ?? '') as { 'discovery.lua': string; definitions: { name: string; 'action.lua': string }[] };
    const offered = [...value['discovery.lua'].matchAll(/actions\["(\w+)"\]/g)].map(([, name]) => name);
    expect(value.definitions.map(({ name }) => name)).toEqual(offered);
    expect(value.definitions.filter((one) => !one['action.lua'].endsWith('return obj\n'))).toEqual([]);
  }
});

test('the example keeps to its own rules: nothing that people or autoscalers own is in Git, and missions come last', () => {
  const object = (file: string) => parse(text(`team-a/${file}`)) as { metadata: { annotations: Record<string, string> }; spec: Record<string, unknown> };
  const [pool, mission] = [object('pool.yaml'), object('mission.yaml')];
  expect([AgentPoolSpec.safeParse(pool.spec).success, MissionSpec.safeParse(mission.spec).success]).toEqual([true, true]);
  expect(Object.keys({ ...pool.spec, ...mission.spec }).filter((field) => ['operatingMode', 'runRequest', 'replicas', 'ttlSecondsAfterFinished'].includes(field))).toEqual([]);
  const wave = 'argocd.argoproj.io/sync-wave';
  expect(Number(pool.metadata.annotations[wave])).toBeLessThan(Number(mission.metadata.annotations[wave]));
});

test('what the example ignores are fields that exist', () => {
  const applications = parseAllDocuments(text('applications.yaml')).map((document) => document.toJS() as { spec: { ignoreDifferences?: { kind: string; jsonPointers: string[] }[] } });
  const ignored = applications.flatMap(({ spec }) => spec.ignoreDifferences ?? []).flatMap(({ kind, jsonPointers }) => jsonPointers.map((pointer) => `${kind} ${pointer.replace('/spec/', '')}`));
  const known = [...Object.keys(MissionSpec.shape).map((field) => `Mission ${field}`), ...Object.keys(AgentPoolSpec.shape).map((field) => `AgentPool ${field}`)];
  expect(ignored.length).toBeGreaterThan(2);
  expect(ignored.filter((field) => !known.includes(field))).toEqual([]);
});

const settings = settingsFrom(process.env);
const kubectl = needsBuild(settings) ? undefined : (await ensureBinaries(settings)).kubectl;

test.skipIf(kubectl === undefined)(`as a component of kustomize it leaves the other settings of Argo CD alone${kubectl === undefined ? ' (SKIPPED: Kubernetes was not built on this machine: make demo does it once)' : ''}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'argocd-kustomize-'));
  try {
    cpSync(join('config', 'argocd'), join(folder, 'component'), { recursive: true });
    mkdirSync(join(folder, 'overlay'));
    const base = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'argocd-cm', namespace: 'argocd' }, data: { url: 'https://argocd.example.org' } };
    writeFileSync(join(folder, 'overlay', 'argocd-cm.yaml'), stringify(base));
    writeFileSync(join(folder, 'overlay', 'kustomization.yaml'), stringify({ resources: ['argocd-cm.yaml'], components: ['../component'] }));
    const { stdout } = await promisify(execFile)(kubectl ?? '', ['kustomize', join(folder, 'overlay')]);
    expect((parse(stdout) as { data: object }).data).toEqual({ url: 'https://argocd.example.org', ...data });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
