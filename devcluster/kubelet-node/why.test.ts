import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isIn } from './programs.ts';
import { missingCapabilities, whyNoKubelet } from './why.ts';

test.each([
  ['root of a machine', 'Name:\tnode\nCapEff:\t000001ffffffffff\n', []],
  ['root without CAP_SYS_RESOURCE', 'CapEff:\t000001fffeffffff\n', []],
  ['root of a plain container', 'CapEff:\t00000000a80425fb\n', ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']],
  ['a container that may make networks', 'CapEff:\t00000000a80435fb\n', ['CAP_SYS_ADMIN']],
  ['no such line', '', ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']],
])('%s', (_, status, want) => {
  expect(missingCapabilities(status)).toEqual(want);
});

test('a file that cannot be executed is no program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coditect-why-'));
  writeFileSync(join(folder, 'runc'), '', { mode: 0o755 });
  writeFileSync(join(folder, 'notes'), '', { mode: 0o644 });
  expect([isIn(['/nonexistent', folder], 'runc'), isIn([folder], 'notes'), isIn([folder], 'ctr')]).toEqual([true, false, false]);
  rmSync(folder, { recursive: true });
});

test('whoever is not root is told so, and what to do', ({ skip }) => {
  if (process.platform !== 'linux' || process.getuid?.() === 0) return skip('needs Linux, and somebody who is not root');
  expect(whyNoKubelet({ cacheFolder: tmpdir(), programPath: '' })).toMatch(/root.*process node/);
});
