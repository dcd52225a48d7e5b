// Builds what the console shows in a browser: static files whose names hold their digest, and a page that names them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type BuildOptions, type Metafile } from 'esbuild';

export interface PageOptions {
  readonly root: string;
  /** Folder that becomes the page; what was in it goes. */
  readonly out: string;
}

function optionsFor(source: string, out: string): BuildOptions & { metafile: true } {
  return {
    entryPoints: { main: join(source, 'main.tsx'), style: join(source, 'style.css'), icon: join(source, 'icon.svg') },
    outdir: out,
    entryNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome120', 'firefox121', 'safari17.2'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  };
}

/** Builds it; gives what esbuild says of what went into it. */
export async function buildPage({ root, out }: PageOptions): Promise<Metafile> {
  const source = join(root, 'console', 'page');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { metafile } = await build(optionsFor(source, out));
  const files = Object.keys(metafile.outputs).map((path) => basename(path));
  const named = (name: string) => {
    const file = files.find((path) => path.startsWith(`${name}-`));
    if (file === undefined) throw new Error(`cannot build the page: esbuild made no ${name}; look at scripts/page.ts`);
    return file;
  };
  const html = readFileSync(join(source, 'index.html'), 'utf8').replace('%script%', named('main')).replace('%style%', named('style')).replace('%icon%', named('icon'));
  writeFileSync(join(out, 'index.html'), html);
  return metafile;
}
