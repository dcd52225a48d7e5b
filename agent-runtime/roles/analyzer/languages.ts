// Languages by file name, and which words of them branch. A table on purpose: an extension says enough for counting.

export interface Language {
  readonly name: string;
  /** How its imports are read; absent: they are not. */
  readonly imports?: 'script' | 'python';
}

const script = (name: string): Language => ({ name, imports: 'script' });
const plain = (name: string): Language => ({ name });

const byExtension: ReadonlyMap<string, Language> = new Map<string, Language>([
  ...['ts', 'mts', 'cts', 'tsx'].map((extension) => [extension, script('TypeScript')] as const),
  ...['js', 'mjs', 'cjs', 'jsx'].map((extension) => [extension, script('JavaScript')] as const),
  ['py', { name: 'Python', imports: 'python' }],
  ['go', plain('Go')],
  ['rs', plain('Rust')],
  ['java', plain('Java')],
  ['kt', plain('Kotlin')],
  ['rb', plain('Ruby')],
  ['php', plain('PHP')],
  ['c', plain('C')],
  ['h', plain('C')],
  ['cc', plain('C++')],
  ['cpp', plain('C++')],
  ['hpp', plain('C++')],
  ['cs', plain('C#')],
  ['swift', plain('Swift')],
  ['scala', plain('Scala')],
  ['lua', plain('Lua')],
  ['sh', plain('Shell')],
  ['bash', plain('Shell')],
  ['sql', plain('SQL')],
  ['proto', plain('Protocol Buffers')],
  ['html', plain('HTML')],
  ['css', plain('CSS')],
  ['md', plain('Markdown')],
  ['json', plain('JSON')],
  ['yaml', plain('YAML')],
  ['yml', plain('YAML')],
  ['toml', plain('TOML')],
]);

const byName: ReadonlyMap<string, Language> = new Map([
  ['Makefile', plain('Make')],
  ['Dockerfile', plain('Dockerfile')],
]);

/** Languages in which branches are counted: those with statements. */
const withBranches = new Set(['TypeScript', 'JavaScript', 'Python', 'Go', 'Rust', 'Java', 'Kotlin', 'Ruby', 'PHP', 'C', 'C++', 'C#', 'Swift', 'Scala', 'Lua', 'Shell']);
const branchWord = /\b(if|elif|else if|for|while|case|catch|except|when)\b|&&|\|\||\?\?/g;

/** The language of a file, or undefined when its name says nothing. */
export function languageOf(path: string): Language | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return byName.get(name) ?? byExtension.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase());
}

/** Whether programs are written in a language, by its name. */
export function isProgramming(name: string): boolean {
  return withBranches.has(name);
}

/** Number of places where a text may go two ways, by its words: a rough measure, the same for all languages. 0 for languages without statements. */
export function countBranches(language: Language, text: string): number {
  if (!withBranches.has(language.name)) return 0;
  let count = 0;
  for (const _ of text.matchAll(branchWord)) count += 1;
  return count;
}
