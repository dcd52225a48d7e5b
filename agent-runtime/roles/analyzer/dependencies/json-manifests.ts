// package.json and composer.json.
import { type Dependency, fromAddress, fromRange, type Manifest, type Named } from './dependency.ts';

type Json = Readonly<Record<string, unknown>>;

const sections = ['dependencies', 'optionalDependencies', 'devDependencies', 'require', 'require-dev'];

/** What a package.json says, or undefined when it is none. */
export function readPackageJson(text: string): Manifest | undefined {
  const json = parse(text);
  if (json === undefined) return undefined;
  const lines = linesOfKeys(text);
  return {
    ecosystem: 'npm',
    dependencies: ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((section) => dependenciesOf(json, section, lines)),
    runtime: new Map(entries(json['engines'])).get('node'),
    locks: ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb'],
  };
}

/** What a composer.json says, or undefined when it is none. */
export function readComposerJson(text: string): Manifest | undefined {
  const json = parse(text);
  if (json === undefined) return undefined;
  const lines = linesOfKeys(text);
  const asked = [...dependenciesOf(json, 'require', lines), ...dependenciesOf(json, 'require-dev', lines)];
  // What has no slash is PHP itself or one of its extensions.
  return { ecosystem: 'Packagist', dependencies: asked.filter(({ name }) => name.includes('/')), runtime: new Map(entries(json['require'])).get('php'), locks: ['composer.lock'] };
}

function dependenciesOf(json: Json, section: string, lines: ReadonlyMap<string, number>): readonly Dependency[] {
  const isDev = section.toLowerCase().includes('dev');
  return entries(json[section]).map(([name, range]) => fromNpm({ name, isDev, line: lines.get(`${section} ${name}`) ?? 1 }, range));
}

function fromNpm(named: Named, range: string): Dependency {
  if (/^(?:workspace|file|link|portal|catalog):/.test(range)) return named;
  const isAddress = /^(?:git\+|git:|git@|github:|gitlab:|bitbucket:|https?:|ssh:)|^[\w.-]+\/[\w.-]+(?:#|$)/.test(range);
  return isAddress ? fromAddress(named, range.split('#')[1]) : fromRange(named, range.replace(/^npm:(?:@?[^@]*)@?/, ''));
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function entries(section: unknown): readonly (readonly [string, string])[] {
  if (typeof section !== 'object' || section === null) return [];
  return Object.entries(section).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

/** Lines of the keys by `section name`, as far as quotes and colons tell. */
function linesOfKeys(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let section = '';
  for (const [at, line] of text.split('\n').entries()) {
    for (const [, key = ''] of line.matchAll(/"([^"\\]{1,214})"[ \t]{0,8}:/g)) {
      if (sections.includes(key)) section = key;
      else if (!lines.has(`${section} ${key}`)) lines.set(`${section} ${key}`, at + 1);
    }
  }
  return lines;
}
