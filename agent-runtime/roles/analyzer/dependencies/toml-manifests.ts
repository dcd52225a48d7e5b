// Cargo.toml and pyproject.toml.
import { type Dependency, fromAddress, fromRange, type Manifest, type Named } from './dependency.ts';
import { requirement } from './requirements.ts';
import { inlineField, quotedIn, readToml, type TomlEntry } from './toml.ts';

/** `[dependencies]`, `[target.'cfg(unix)'.dev-dependencies]`, and `[dependencies.name]`, which is one dependency by itself. */
const cargoTable = /^(?:workspace\.|target\..*\.)?((?:dev-|build-)?dependencies)(?:\.([^.]+))?$/;
const lockingTool = /^tool\.(?:poetry|uv|pdm)\b/;

/** What a Cargo.toml says. */
export function readCargoToml(text: string): Manifest {
  const entries = readToml(text);
  const edition = entries.find(({ table, key }) => /^(?:workspace\.)?package$/.test(table) && key === 'edition');
  return { ecosystem: 'crates.io', dependencies: cargoDependencies(entries), runtime: plain(edition?.value), locks: ['Cargo.lock'] };
}

function cargoDependencies(entries: readonly TomlEntry[]): readonly Dependency[] {
  const found = new Map<string, { readonly named: Named; readonly fields: string[] }>();
  for (const { table, key, value, line } of entries) {
    const [, kind, own] = cargoTable.exec(table) ?? [];
    if (kind === undefined) continue;
    // serde.version = "1" speaks of serde as well as serde = { version = "1" } does.
    const [name = key, field = 'version'] = own === undefined ? key.split('.') : [own, key];
    const fields = value.startsWith('{') ? value.slice(1) : `${field} = ${value}`;
    const known = found.get(`${table} ${name}`) ?? { named: { name, isDev: kind === 'dev-dependencies', line }, fields: [] };
    known.fields.push(fields);
    found.set(`${table} ${name}`, known);
  }
  return [...found.values()].map(({ named, fields }) => fromFields(named, `{ ${fields.join(', ')}`));
}

/** What a pyproject.toml says, by PEP 621, by dependency groups or by Poetry. */
export function readPyproject(text: string): Manifest {
  const entries = readToml(text);
  const inTable = (name: string, key: string) => entries.find((entry) => entry.table === name && entry.key === key);
  const runtime = inTable('project', 'requires-python') ?? inTable('tool.poetry.dependencies', 'python');
  return {
    ecosystem: 'PyPI',
    dependencies: entries.flatMap(pythonDependencies),
    runtime: plain(runtime?.value),
    // A library leaves the choice to its users; whoever uses one of these tools has a lock.
    locks: entries.some(({ table }) => lockingTool.test(table)) ? ['poetry.lock', 'uv.lock', 'pdm.lock', 'pylock.toml'] : [],
  };
}

function pythonDependencies({ table, key, value, line }: TomlEntry): readonly Dependency[] {
  const isGroup = table === 'project.optional-dependencies' || table === 'dependency-groups';
  if (isGroup || (table === 'project' && key === 'dependencies')) return quotedIn(value).flatMap(({ text, lineOffset }) => requirement(text, { isDev: isGroup, line: line + lineOffset }) ?? []);
  const isPoetry = /^tool\.poetry\.(?:group\.[^.]+\.|dev-)?dependencies$/.test(table) && key !== 'python';
  return isPoetry ? [fromFields({ name: key, isDev: table !== 'tool.poetry.dependencies', line }, value.startsWith('{') ? value : `{ version = ${value} }`)] : [];
}

/** A dependency by an inline table, which Cargo and Poetry write alike. */
function fromFields(named: Named, fields: string): Dependency {
  if (inlineField(fields, 'git') !== undefined) return fromAddress(named, inlineField(fields, 'rev'));
  const isElsewhere = inlineField(fields, 'path') !== undefined || /\bworkspace\s*=\s*true/.test(fields);
  return isElsewhere ? named : fromRange(named, inlineField(fields, 'version') ?? '');
}

const plain = (value: string | undefined): string | undefined => (value === undefined ? undefined : (quotedIn(value)[0]?.text ?? value));
