// The built page, read once: its files are few and small, and what is in memory cannot lead out of its folder.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Its name holds the digest of its content, so it never changes. */
  readonly isFixed: boolean;
}

/** Files by their path on the server. */
export type Assets = ReadonlyMap<string, Asset>;

const types: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };

/** Reads the page. Rejects when there is none; then `npm run bundle console` was not run. */
export async function readAssets(folder: string): Promise<Assets> {
  const assets = new Map<string, Asset>();
  for (const name of await readdir(folder)) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const isFixed = extname(name) !== '.html';
    assets.set(isFixed ? `/assets/${name}` : '/', { body: new Uint8Array(await readFile(join(folder, name))), type, isFixed });
  }
  if (!assets.has('/')) throw new Error(`cannot show the page: ${folder} holds no index.html; build it with: node scripts/bundle.ts console`);
  return assets;
}
