import { expect, test } from 'vitest';
import { kinds } from '#api/v1alpha1/kinds.ts';
import { chartFiles } from './chart.ts';
import { installManifests } from './manifests.ts';
import { mirrorStores, storeNames } from './mirror-stores.ts';
import { block, control, expression, items, toTemplate, wholeNumber } from './template.ts';
import { valuesLines, valuesSchema } from './values.ts';

const printed: Record<string, { value: unknown; want: string }> = {
  'an expression is quoted, so that its text stays text': { value: { a: expression('.Values.a') }, want: 'a: "{{ .Values.a }}"\n' },
  'an expression with quotes inside is quoted the other way': { value: { a: expression('join "," .Values.a') }, want: "a: '{{ join \",\" .Values.a }}'\n" },
  'a number stands bare': { value: { a: wholeNumber('.Values.a') }, want: 'a: {{ .Values.a | int }}\n' },
  'a block vanishes with its value': {
    value: { a: { b: block('.Values.b') } },
    want: 'a:\n  {{- with .Values.b }}\n  b:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n',
  },
  'items go on with the list they stand in': {
    value: { a: [{ b: 1 }, items('.Values.c')] },
    want: 'a:\n  - b: 1\n  {{- with .Values.c }}\n  {{- toYaml . | nindent 2 }}\n  {{- end }}\n',
  },
  'a control line stands alone': { value: { a: { ...control('if .Values.a'), b: 1, ...control('end') } }, want: 'a:\n  {{- if .Values.a }}\n  b: 1\n  {{- end }}\n' },
  'a control line keeps its quotes': { value: { ...control('include "x" .') }, want: '{{- include "x" . }}\n' },
};

test.each(Object.entries(printed))('%s', (_, { value, want }) => {
  expect(toTemplate(value)).toBe(want);
});

test('the chart holds the kinds of objects that the plain manifests hold', () => {
  const text = chartFiles('1.2.3').filter(({ path }) => path.startsWith('charts/coditect/templates/')).map((file) => file.text).join('\n');
  const keys = installManifests({ namespace: 'n', images: { operator: 'o', blobs: 'b' }, replicas: 2, leaderElection: 'default' })
    .filter(({ kind }) => kind !== 'Namespace')
    .map(({ kind, metadata }) => `kind: ${kind}\nmetadata:\n  name: ${metadata.name}\n`);
  expect(keys.filter((key) => !text.includes(key))).toEqual([]);
});

test('no template names a namespace of its own', () => {
  const operator = chartFiles('1.2.3').find(({ path }) => path.endsWith('/operator.yaml'))?.text ?? '';
  expect(operator).not.toMatch(/^ {2}namespace:/m);
});

test('the version is text, whatever it looks like', () => {
  expect(chartFiles('1.10').find(({ path }) => path === 'charts/coditect/Chart.yaml')?.text).toContain('appVersion: "1.10"\n');
});

test('CRDs stay when their chart goes', () => {
  const crds = chartFiles('1.2.3').filter(({ path }) => path.startsWith('charts/coditect-crds/templates/'));
  expect(crds).toHaveLength(kinds.length);
  for (const { text } of crds) expect(text).toContain('helm.sh/resource-policy: keep');
});

test('every value has a default and a comment that starts with its name', () => {
  const lines = valuesLines(valuesSchema());
  const values = lines.filter((line) => !line.trim().startsWith('#'));
  expect(values.filter((line) => line.endsWith('undefined'))).toEqual([]);
  for (const line of values) expect(lines[lines.indexOf(line) - 1]?.trim() ?? '').toMatch(/^# \w+: .+/);
});

test('the archive runs when it is wanted, with the log, the bucket and no token of the cluster', () => {
  const text = chartFiles('1.2.3').find(({ path }) => path.endsWith('/archive.yaml'))?.text ?? '';
  expect(text).toContain('{{- if and .Values.mirror.enabled .Values.mirror.archive.enabled }}');
  expect(text).toContain('concurrencyPolicy: Forbid');
  expect(text).toContain('automountServiceAccountToken: false');
  for (const variable of ['CODITECT_NATS_SERVERS', 'CODITECT_S3_BUCKET', 'CODITECT_S3_SECRET_KEY_FILE', 'CODITECT_ARCHIVE_KEEP_DAYS']) expect(text.split(`name: ${variable}\n`)).toHaveLength(3);
});

test.each(storeNames)('what the chart lets people say of %s is what the mirror is told, and nothing else', (store) => {
  const { settings, files, prefix } = mirrorStores[store];
  const said = valuesOf('mirror', store);
  expect(said.toSorted()).toEqual(['secret', ...Object.keys(settings), ...Object.keys(files)].toSorted());
  const text = chartFiles('1.2.3').find(({ path }) => path.endsWith('/mirror.yaml'))?.text ?? '';
  for (const end of [...Object.values(settings), ...Object.values(files)]) expect(text).toContain(`- name: ${prefix}_${end}\n`);
  expect(text).toContain(`mountPath: /var/run/secrets/coditect-${store}\n`);
});

/** Names of the values below a path. */
function valuesOf(...path: readonly string[]): readonly string[] {
  type Level = { readonly properties?: Readonly<Record<string, Level>> };
  const level = path.reduce<Level | undefined>((above, name) => above?.properties?.[name], valuesSchema() as Level);
  return Object.keys(level?.properties ?? {});
}
