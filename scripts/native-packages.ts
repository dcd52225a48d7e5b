// Copies packages with native code beside the bundles, for this platform only: a bundler cannot take them in.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nativePackages } from './bundles.ts';

/** What a package needs to be built from source, and what its other platforms need. */
const leftOut = /^(src|README\.md|CHANGELOG\.md|.*\.d\.ts|lang|types|.*\.ts|tsconfig\.json|postinstall\.js)$/;

/** Copies the native packages of the checkout into `<out>/node_modules`, with the binaries that npm installed for this platform; gives their names. */
export function copyNativePackages(root: string, out: string): readonly string[] {
  const target = join(out, 'node_modules');
  const names = nativePackages.flatMap((pattern) => installed(root, pattern));
  rmSync(target, { recursive: true, force: true });
  for (const name of names) {
    mkdirSync(join(target, name), { recursive: true });
    cpSync(join(root, 'node_modules', name), join(target, name), { recursive: true, filter: (file) => !leftOut.test(basename(file)) && isOfThisPlatform(file) });
  }
  return names;
}

/** The package, and those that carry its binaries: `<name>-<platform>`. */
function installed(root: string, name: string): string[] {
  const [scope = '', short = ''] = name.split('/');
  const found = existsSync(join(root, 'node_modules', scope)) ? readdirSync(join(root, 'node_modules', scope)) : [];
  return found.filter((folder) => folder === short || folder.startsWith(`${short}-${process.platform}-`)).map((folder) => `${scope}/${folder}`);
}

const systems: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: 'macOS', linux: 'Linux', win32: 'Windows' };

function isOfThisPlatform(file: string): boolean {
  const name = basename(file);
  return !name.startsWith('prebuild-') || name === `prebuild-${systems[process.platform] ?? ''}-${process.arch.toUpperCase()}`;
}
