// What can be told of the images without an engine.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { blobsPorts, consolePorts, llmGatewayPorts, mirrorPorts, operatorPorts, unprivilegedUser } from '#scripts/generators/workloads.ts';
import { type ImageName, imageNames, tableOf } from './build.ts';
import { defaultOf, stages, stageText } from './dockerfile.ts';

const root = dirname(dirname(import.meta.dirname));
const text = readFileSync(join(root, 'Dockerfile'), 'utf8');

const ports: Readonly<Record<ImageName, Readonly<Record<string, number>>>> = { operator: operatorPorts, blobs: blobsPorts, 'llm-gateway': llmGatewayPorts, mirror: mirrorPorts, console: consolePorts, agent: { health: 8080 } };

test.each(imageNames)('target %s runs its bundle without a shell, as the unprivileged user, on the ports of the chart, and says what is inside', (name) => {
  const stage = stageText(text, name);
  const user = `USER ${unprivilegedUser}:${unprivilegedUser}`;
  expect(stage.includes(user) || (stage.startsWith('FROM runtime ') && stageText(text, 'runtime').includes(user))).toBe(true);
  expect(stage).toContain(`ENTRYPOINT ["node", "--enable-source-maps", "/app/${name}.js"]`);
  expect(stage).toContain(`COPY --from=bundles /dist/${name}.cdx.json ./sbom.cdx.json`);
  const exposed = /^EXPOSE (.*)$/m.exec(stage)?.[1]?.split(' ').map(Number) ?? [];
  expect(new Set(exposed)).toEqual(new Set(Object.values(ports[name])));
});

test('no image floats, and each comes from another stage or an argument that a user can set', () => {
  expect(text).not.toMatch(/:latest/);
  expect(defaultOf(text, 'NODE_IMAGE')).toMatch(/^node:24-[a-z]+-slim$/);
  // The program of one runs on the libraries of the other.
  expect(defaultOf(text, 'BASE_IMAGE')).toBe(`debian:${/^node:24-([a-z]+)-slim$/.exec(defaultOf(text, 'NODE_IMAGE'))?.[1]}-slim`);
  const names = [...stages(text).keys()];
  for (const [, base = ''] of text.matchAll(/^FROM (\S+)/gm)) expect(names.includes(base) || base.startsWith('${')).toBe(true);
  for (const argument of ['BUNDLES', 'AGENT_IMAGE']) expect(names).toContain(defaultOf(text, argument));
});

test('what comes from a compiler, npm or a secret stays in the stage of the build', () => {
  for (const [name, stage] of stages(text)) if (name !== 'build') expect(stage).not.toMatch(/gcc|npm|secret/);
  expect(text).not.toContain('HEALTHCHECK --');
  // Code changes often: what precedes its copy is not done again.
  const build = stageText(text, 'build');
  expect(build.indexOf('npm ci')).toBeLessThan(build.indexOf('COPY . .'));
});

test('the builder is sent every room that is bundled, and no test', () => {
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8');
  for (const room of ['api', 'domain', 'platform', 'operator', 'blobs', 'llm-gateway', 'mirror', 'console', 'agent-runtime', 'sandbox', 'scripts']) expect(ignored).toContain(`!${room}\n`);
  expect(ignored).toContain('**/*.test.ts\n');
});

test('a stage or an argument that is not there is named', () => {
  expect(() => stageText(text, 'toaster')).toThrow('it has no stage toaster');
  expect(() => defaultOf(text, 'TOASTER')).toThrow('the argument TOASTER has no default');
});

test('the table of images lines up', () => {
  const rows = tableOf([{ name: 'agent', tag: 'coditect/agent:1', bytes: 1_234_567_890, layers: 10, user: '1:1' }, { name: 'llm-gateway', tag: 'coditect/llm-gateway:1', bytes: 9_400_000, layers: 7, user: '65532:65532' }]);
  expect(rows).toEqual(['image                      size  layers         user', 'coditect/agent:1        1235 MB      10          1:1', 'coditect/llm-gateway:1     9 MB       7  65532:65532']);
});
