// What a test script of package.json does, as far as its text is plain. Whatever needs a shell stays a script.
import type { Framework } from './action.ts';

/** What a script comes to. */
export type Script =
  | { readonly kind: 'absent' }
  /** One plain command of a framework: its program, and the words after it. */
  | { readonly kind: 'direct'; readonly framework: Framework; readonly args: readonly string[] }
  /** Anything else. `framework` is the one that gets the arguments that are put after the script. */
  | { readonly kind: 'wrapper'; readonly framework?: Framework };

/** What npm writes into a package without tests. */
const placeholder = /no test specified/;

const plainWord = /\s*(?:"([^"$`\\]*)"|'([^']*)'|([\w@%+=:,./-]+))(?=\s|$)/y;

/** Words that stand before a program and run it: launchers, their options, and settings of variables. */
const launcher = /^(?:npx|cross-env|env|dotenv|c8|nyc|pnpm|yarn|bunx|uv|poetry|exec|run|-.*|\w+=.*)$/;

const programs: ReadonlyMap<string, Framework> = new Map([
  ['vitest', 'vitest'],
  ['jest', 'jest'],
  ['mocha', 'mocha'],
  ['pytest', 'pytest'],
]);

/** Reads the script `test` among the scripts of package.json. Scripts that npm runs before and after it keep it a wrapper. */
export function readTestScript(scripts: Readonly<Record<string, string>>): Script {
  const text = textOf(scripts, 'test');
  if (text === '' || placeholder.test(text)) return { kind: 'absent' };
  const isAlone = textOf(scripts, 'pretest') === '' && textOf(scripts, 'posttest') === '';
  const called = isAlone ? frameworkCall(withoutNpx(plainWords(text))) : undefined;
  if (called !== undefined) return { kind: 'direct', ...called };
  const last = text.split(/&&|\|\||[;|\n]/).at(-1) ?? '';
  const framework = frameworkCall(withoutLaunchers(last.trim().split(/\s+/)))?.framework;
  return framework === undefined ? { kind: 'wrapper' } : { kind: 'wrapper', framework };
}

/** The framework that a command calls by name, and the words after its program. */
export function frameworkCall([program = '', ...args]: readonly string[]): { readonly framework: Framework; readonly args: readonly string[] } | undefined {
  if (program === 'node' && args.includes('--test')) return { framework: 'node', args: args.filter((word) => word !== '--test') };
  const framework = programs.get(program);
  return framework === undefined ? undefined : { framework, args };
}

/** The framework that a command runs, behind launchers and package managers too. */
export function frameworkOfCommand(command: readonly string[]): Framework | undefined {
  const words = withoutLaunchers(command);
  if (words[0] === 'go' && words[1] === 'test') return 'go';
  if (words[0] === 'cargo' && words[1] === 'test') return 'cargo';
  if (/^python[\d.]*$/.test(words[0] ?? '') && words.includes('pytest')) return 'pytest';
  return frameworkCall(words)?.framework;
}

function withoutLaunchers(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !launcher.test(word));
  return first === -1 ? [] : words.slice(first);
}

function textOf(scripts: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(scripts, name) ? (scripts[name] ?? '').trim() : '';
}

function withoutNpx(words: readonly string[]): readonly string[] {
  if (words[0] !== 'npx') return words;
  return words.slice(words[1] === '--no-install' ? 2 : 1);
}

/** Words of a command line that needs no shell; none of one that does. */
function plainWords(text: string): readonly string[] {
  const words: string[] = [];
  plainWord.lastIndex = 0;
  while (plainWord.lastIndex < text.length) {
    const match = plainWord.exec(text);
    if (match === null) return [];
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return words;
}
