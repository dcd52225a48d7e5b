// TypeScript stubs of the protos, made by buf in a folder of its own so that `--check` can compare without writing.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GeneratedFile } from './output.ts';

/** platform/rpc/generated/**; `root` is the checkout, whose buf.gen.yaml names plugins and options. */
export function protobufFiles(root: string): GeneratedFile[] {
  const folder = mkdtempSync(join(tmpdir(), 'coditect-protobuf-'));
  try {
    const bin = join(root, 'node_modules/.bin');
    execFileSync(join(bin, 'buf'), ['generate', '--output', folder], { cwd: root, stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: path.slice(folder.length + 1), text: readFileSync(path, 'utf8') };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
