import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { optionsFor } from '#scripts/bundle-options.ts';
import { folderOf, type LockFile, type Sbom, sbomOf } from './sbom.ts';

const root = dirname(dirname(import.meta.dirname));
const version = '1.2.3';
let folder: string;
let lock: LockFile;
let operator: Sbom;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sbom-'));
  lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const { metafile } = await build({ ...optionsFor('operator', root, folder), metafile: true });
  operator = sbomOf({ name: 'operator', version, metafiles: [metafile], lock, beside: [] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const purls = ({ components }: Sbom) => components.map(({ purl }) => purl);

test('what the operator carries is listed with the version of the lock file, and what it does not is not', () => {
  const zod = operator.components.find(({ name }) => name === 'zod');
  expect(zod).toMatchObject({ type: 'library', version: lock.packages['node_modules/zod']?.version, licenses: [{ expression: 'MIT' }], hashes: [{ alg: 'SHA-512' }] });
  expect(zod?.hashes?.[0]?.content).toMatch(/^[0-9a-f]{128}$/);
  expect(purls(operator)).toContain(`pkg:npm/%40connectrpc/connect@${lock.packages['node_modules/@connectrpc/connect']?.version}`);
  // Of these the first two are in other images only, the others in none.
  for (const stranger of ['ioredis', 'hono', 'vitest', 'esbuild', 'typescript']) expect(operator.components.map(({ name }) => name)).not.toContain(stranger);
});

test('every package that is depended on is listed, and every one that is listed is depended on', () => {
  const listed = new Set(purls(operator));
  const needed = new Set(operator.dependencies.flatMap(({ dependsOn }) => dependsOn));
  expect([...needed].filter((purl) => !listed.has(purl))).toEqual([]);
  expect([...listed].filter((purl) => !needed.has(purl))).toEqual([]);
});

test('what lies beside a bundle is listed too, once, from the lock file that knows it', () => {
  const tools: LockFile = { packages: { 'node_modules/engine': { version: '9.0.0', license: 'SEE LICENSE IN COPYING' } } };
  const sbom = sbomOf({ name: 'agent', version, metafiles: [], lock, beside: [{ name: 'engine', lock: tools }, { name: 'engine', lock: tools }, { name: 'zod', lock }] });
  expect(purls(sbom)).toEqual(['pkg:npm/engine@9.0.0', `pkg:npm/zod@${lock.packages['node_modules/zod']?.version}`]);
  expect(sbom.components[0]?.licenses).toEqual([{ license: { name: 'SEE LICENSE IN COPYING' } }]);
  expect(sbom.metadata.component).toMatchObject({ name: 'coditect-agent', version });
});

test('the same bundles give the same bill, and another version another number', () => {
  const again = (of: string) => sbomOf({ name: 'agent', version: of, metafiles: [], lock, beside: [{ name: 'zod', lock }] });
  expect(again('1.0.0')).toEqual(again('1.0.0'));
  expect(again('1.0.0').serialNumber).not.toBe(again('1.0.1').serialNumber);
  expect(again('1.0.0').serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a package that the lock file does not know is refused', () => {
  expect(() => sbomOf({ name: 'agent', version, metafiles: [], lock, beside: [{ name: 'no-such-package', lock }] })).toThrow('the lock file does not name it');
});

test.each([
  ['node_modules/zod/v4/core/api.js', 'node_modules/zod'],
  ['../main/node_modules/@a/b/c.js', 'node_modules/@a/b'],
  ['node_modules/a/node_modules/@b/c/lib/d.js', 'node_modules/a/node_modules/@b/c'],
  ['operator/main.ts', undefined],
])('%s belongs to %s', (path, want) => {
  expect(folderOf(path)).toBe(want);
});
