// What programs of the host need to read to work at all: the system's own trees, and the installations that PATH leads to. Never a home folder.
import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join, relative } from 'node:path';
import { forNetwork, systemFiles } from './system-files.ts';

export interface ToolChains {
  readonly path: string;
  /** Variables without which a tool chain does not find itself once HOME is another one. */
  readonly env: Readonly<Record<string, string>>;
  /** Trees and files that a run may read. */
  readable(network: 'none' | 'open'): readonly string[];
}

/** What one entry of PATH leads to, besides its own folder. */
interface Installation {
  readonly trees: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A form of installation: its trees when `bin` is its folder of programs and `parent` the folder around it. */
type Form = (bin: string, parent: string) => Installation | undefined | Promise<Installation | undefined>;

const whole = (isOne: (bin: string, parent: string) => boolean): Form => (bin, parent) => (isOne(bin, parent) ? { trees: [parent] } : undefined);
const holds = (folder: string, ...names: readonly string[]) => names.every((name) => existsSync(join(folder, name)));

/** ~/.cargo holds credentials beside its programs, so only these are readable; what they start lies in the folder of rustup. */
const rustup: Form = (bin, parent) => {
  if (!holds(bin, 'rustup')) return undefined;
  const home = join(dirname(parent), basename(parent).replace('cargo', 'rustup'));
  return existsSync(home) ? { trees: [home], env: { RUSTUP_HOME: home } } : { trees: [] };
};

/** A virtual environment borrows the library of the Python that it was made with. */
const pythonEnvironment: Form = async (_, parent) => {
  const text = await readFile(join(parent, 'pyvenv.cfg'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const home = /^home *= *(\/.*)$/m.exec(text)?.[1];
  return { trees: home === undefined ? [parent] : [parent, dirname(home)] };
};

const forms: readonly Form[] = [
  rustup,
  pythonEnvironment,
  whole((_, parent) => basename(parent) === 'node_modules'),
  whole((bin, parent) => holds(bin, 'node') && holds(parent, 'lib/node_modules')),
  whole((bin, parent) => holds(bin, 'go') && holds(parent, 'pkg/tool', 'src/runtime')),
  whole((bin, parent) => basename(bin) === 'shims' && holds(parent, 'versions', 'libexec')),
];

/** Looks PATH through once. No tree that holds `workFolder`, and with it the files of others, is ever readable. */
export async function findToolChains(path: string, workFolder: string): Promise<ToolChains> {
  const entries = path.split(delimiter).filter((entry) => isAbsolute(entry));
  const installations = await Promise.all(entries.map(installationOf));
  const work = await realpath(workFolder).catch(() => workFolder);
  const trees = [...systemFiles(), ...installations.flatMap((installation) => installation.trees)];
  const known = [...new Set(trees)].filter((tree) => !isAround(tree, work));
  return { path, env: Object.assign({}, ...installations.map(({ env }) => env)) as Record<string, string>, readable: (network) => (network === 'open' ? [...known, ...forNetwork] : known) };
}

async function installationOf(entry: string): Promise<Installation> {
  const bin = await realpath(entry).catch(() => undefined);
  if (bin === undefined) return { trees: [] };
  for (const form of forms) {
    const found = await form(bin, dirname(bin));
    if (found !== undefined) return { ...found, trees: [bin, ...found.trees] };
  }
  return { trees: [bin] };
}

function isAround(tree: string, folder: string): boolean {
  const way = relative(tree, folder);
  return way === '' || !way.startsWith('..');
}
