// How esbuild turns one entry into one file that runs without node_modules.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { bundles, isBundleName, nativePackages, type BundleName } from './bundles.ts';

// CommonJS packages inside an ES module ask for `require` and for where they are; without it they fail at start ("Dynamic require of ...").
const banner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;";

/** Why `name` cannot be bundled, or undefined. */
export function bundleProblem(name: string, root: string): string | undefined {
  if (!isBundleName(name)) return `cannot bundle ${name}: it is not in scripts/bundles.ts; known are ${Object.keys(bundles).join(', ')}`;
  return existsSync(join(root, bundles[name])) ? undefined : `cannot bundle ${name}: its entry ${bundles[name]} does not exist; create it or remove the row from scripts/bundles.ts`;
}

/** Options of one bundle. */
export function optionsFor(name: BundleName, root: string, outFolder: string): BuildOptions {
  return {
    entryPoints: [join(root, bundles[name])],
    outfile: join(outFolder, `${name}.js`),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: 'linked',
    external: [...nativePackages],
    banner: { js: banner },
    logLevel: 'warning',
  };
}
