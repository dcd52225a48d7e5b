import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installImages } from './images.ts';

test('what images run is copied, readable by every pod, and named by its real path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coditect-images-'));
  const bundles = join(folder, 'source');
  mkdirSync(join(bundles, 'deep'), { recursive: true, mode: 0o700 });
  writeFileSync(join(bundles, 'deep', 'x.js'), 'code', { mode: 0o600 });
  const target = join(folder, 'images');
  const images = installImages(target, { 'a:1': { command: ['$NODE', '$BUNDLES/deep/x.js', '$NODES', 'x$NODE'] } }, bundles);
  const [node = '', script = '', ...rest] = images['a:1']?.command ?? [];
  expect(rest).toEqual(['$NODES', 'x$NODE']);
  expect([node, script]).toEqual([join(target, 'bin', 'node'), join(target, 'bundles', 'deep', 'x.js')]);
  expect(readFileSync(script, 'utf8')).toBe('code');
  expect([target, join(target, 'bundles', 'deep'), script, node].map((path) => statSync(path).mode & 0o755)).toEqual([0o755, 0o755, 0o755, 0o755]);
  rmSync(folder, { recursive: true });
});

test('a missing bundles folder is said before anything runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coditect-images-'));
  expect(() => installImages(folder, {}, '/nonexistent/bundles')).toThrow(/build the bundles first/);
  rmSync(folder, { recursive: true });
});
