// Requirements of Python as PEP 508 writes them: requirements files, setup.cfg, and the lists of pyproject.toml.
import { type Dependency, fromAddress, fromRange, linesOf, type Manifest } from './dependency.ts';

const address = /^(?:git|hg|svn|bzr)\+|^https?:/;

/** One requirement, or undefined for a text that is none (an option, a comment). */
export function requirement(text: string, place: Pick<Dependency, 'isDev' | 'line'>): Dependency | undefined {
  const clean = text.replace(/(?:^|[ \t])#.*$/, '').trim().replace(/^(?:-e|--editable)[ \t]+/, '');
  if (address.test(clean)) return fromAddress({ ...place, name: nameIn(clean) }, commitIn(clean));
  const [, name, rest = ''] = /^([A-Za-z0-9][\w.-]*)[ \t]*(?:\[[^\]]*\])?[ \t]*([^;]*)/.exec(clean) ?? [];
  if (name === undefined || !/^(?:$|[@=~!<>(])/.test(rest)) return undefined;
  const range = rest.replace(/[ \t]--hash.*$/, '').replace(/\\$/, '').trim();
  if (range.startsWith('@')) return fromAddress({ ...place, name }, commitIn(range));
  return fromRange({ ...place, name }, range.replace(/^\((.*)\)$/, '$1'));
}

/** What a requirements file says. It is its own lock where it says ==. */
export function readRequirements(text: string, path: string): Manifest {
  const isDev = /dev|test|lint|doc/i.test(path.slice(path.lastIndexOf('/') + 1));
  const found = linesOf(text).map((line, at) => requirement(line, { isDev, line: at + 1 }));
  return { ecosystem: 'PyPI', dependencies: found.filter((line) => line !== undefined), runtime: undefined, locks: [] };
}

/** What a setup.cfg says, or undefined when it only configures tools. */
export function readSetupCfg(text: string): Manifest | undefined {
  const values = valuesOf(linesOf(text));
  const dependencies = values.flatMap(({ section, key, value, line }) => {
    const isExtra = section === 'options.extras_require';
    return isExtra || (section === 'options' && key === 'install_requires') ? (requirement(value, { isDev: isExtra, line }) ?? []) : [];
  });
  const runtime = values.find(({ section, key }) => section === 'options' && key === 'python_requires')?.value;
  return dependencies.length === 0 && runtime === undefined ? undefined : { ecosystem: 'PyPI', dependencies, runtime, locks: [] };
}

/** The values of an INI file, one for each line that a key has. */
function valuesOf(lines: readonly string[]) {
  let section = '';
  let key = '';
  return lines.flatMap((text, at) => {
    const header = /^\[([^\]]+)\]/.exec(text)?.[1];
    const [, name, first] = /^([\w.-]+)[ \t]*=(.*)$/.exec(text) ?? [];
    section = header ?? section;
    key = name ?? (header === undefined ? key : '');
    const value = (first ?? (/^[ \t]/.test(text) ? text : '')).trim();
    return value === '' ? [] : [{ section, key, value, line: at + 1 }];
  });
}

const commitIn = (text: string): string | undefined => /@([0-9a-f]{40})\b/.exec(text)?.[1];

const nameIn = (text: string): string => /#egg=([\w.-]+)/.exec(text)?.[1] ?? text.replace(/#.*$/, '').split('/').at(-1)?.replace(/@.*$|\.git$/g, '') ?? text;
