import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { unprivilegedUser } from './generators/workloads.ts';

const root = dirname(import.meta.dirname);
const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
const stages = new Map(text.split(/^FROM /m).slice(1).map((stage) => [/ AS (\S+)/.exec(stage)?.[1] ?? '', stage]));

test.each([
  ['operator', [9443, 9444, 9445, 8080]],
  ['blobs', [9446, 8080]],
  ['llm-gateway', [9447, 8080]],
  ['mirror', [9448, 9449, 8080]],
  ['console', [9450, 8080]],
  ['agent', [8080]],
])('target %s runs its bundle without a shell, as the unprivileged user, on its ports', (target, ports) => {
  const stage = stages.get(target) ?? '';
  expect(stage).toContain(`USER ${unprivilegedUser}:${unprivilegedUser}`);
  expect(stage).toContain(`ENTRYPOINT ["node", "--enable-source-maps", "/app/${target}.js"]`);
  expect(stage).toContain(`EXPOSE ${ports.join(' ')}`);
  expect(stage).toContain('org.opencontainers.image.title=');
});

test('no image floats and none is fetched by another name than the argument', () => {
  expect(text).not.toMatch(/:latest/);
  expect(/^ARG NODE_IMAGE=(\S+)$/m.exec(text)?.[1]).toMatch(/^node:24/);
  const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(bases).toEqual(['${NODE_IMAGE}', '${NODE_IMAGE}', '${NODE_IMAGE}', 'runtime', 'runtime', 'runtime', 'runtime', 'runtime', 'runtime']);
});

test('the agent has its jail beside the bundle, and no compiler', () => {
  expect(stages.get('jail')).toContain('node scripts/build-jail.ts --out /jail');
  expect(stages.get('agent')).toContain('COPY --from=jail /jail ./');
  expect(stages.get('agent')).not.toContain('gcc');
});

test('the builder sees every room that is bundled', () => {
  const ignored = readFileSync(join(root, '.dockerignore'), 'utf8');
  for (const room of ['api', 'domain', 'platform', 'operator', 'blobs', 'llm-gateway', 'mirror', 'console', 'agent-runtime', 'sandbox', 'scripts']) expect(ignored).toContain(`!${room}\n`);
});
