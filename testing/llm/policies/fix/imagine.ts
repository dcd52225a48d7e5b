// What tests would say of files, worked out in the head: JavaScript that stands in a conversation is run in a context of its own, without a
// file, a clock or a network. So a policy that plays a strong model can tell a good edit before it is made. Only for files of our own corpora.
import { posix } from 'node:path';
import { type Context, createContext, runInContext } from 'node:vm';
import { headScript } from './imagine-script.ts';

type Files = ReadonlyMap<string, string>;

/** What a run of tests came to; tests go by their number. */
export interface Imagined {
  readonly all: number;
  readonly passed: readonly number[];
}

const longestMs = 250;
const imports = /^import\s+(?:(\w+)|\{([^}]*)\})\s+from\s+['"]([^'"]+)['"];?[ \t]*$/gm;
const exported = /^export\s+(?=(?:async\s+)?(?:function\*?|class|const|let)\s+(\w+))/gm;

/** A context in which files are run one version after the other: what did not change is read once. */
export class Head {
  #context: Context | undefined;
  readonly #modules = new Map<string, { readonly run: unknown; readonly loads: readonly string[] } | undefined>();

  /** Imagines a run of these test files; undefined when a file is not known or cannot be read. With `first`, those tests run first, and the first one that fails ends it. */
  imagine(files: Files, tests: readonly string[], first: readonly number[] = []): Imagined | undefined {
    this.#context ??= newContext();
    const modules: Record<string, unknown> = {};
    if (!tests.every((path) => this.#collect(files, path, modules))) return undefined;
    Object.assign(this.#context, { job: { modules, tests, first } });
    try {
      runInContext('globalThis.count = runAll(job.modules, job.tests, job.first);', this.#context, { timeout: longestMs });
      const { all, passed } = JSON.parse(String(runInContext('JSON.stringify(count)', this.#context))) as Imagined;
      return { all, passed };
    } catch {
      // What was cut off may have left anything behind.
      this.#context = undefined;
      this.#modules.clear();
      return undefined;
    }
  }

  /** Adds a file and all that it loads; false when something is not known. */
  #collect(files: Files, path: string, modules: Record<string, unknown>): boolean {
    if (path in modules) return true;
    const text = files.get(path);
    if (text === undefined) return false;
    const read = this.#read(path, text);
    if (read === undefined) return false;
    modules[path] = read.run;
    return read.loads.every((at) => this.#collect(files, at, modules));
  }

  #read(path: string, text: string): { readonly run: unknown; readonly loads: readonly string[] } | undefined {
    const key = `${path}\n${text}`;
    if (!this.#modules.has(key)) this.#modules.set(key, this.#compile(path, text));
    return this.#modules.get(key);
  }

  #compile(path: string, text: string): { readonly run: unknown; readonly loads: readonly string[] } | undefined {
    const { body, loads } = functionBody(path, text);
    try {
      return { run: runInContext(`(load, assert, test) => {'use strict';${body}}`, this.#context ?? newContext(), { timeout: longestMs }), loads };
    } catch {
      return undefined;
    }
  }
}

function newContext(): Context {
  const context = createContext(Object.create(null), { microtaskMode: 'afterEvaluate', codeGeneration: { strings: false, wasm: false } });
  runInContext(headScript, context);
  return context;
}

/** A module as the body of a function that gives what it exports. */
function functionBody(path: string, text: string): { readonly body: string; readonly loads: readonly string[] } {
  const names = [...text.matchAll(exported)].map(([, name = '']) => name);
  const loads: string[] = [];
  const body = text.replaceAll(exported, '').replaceAll(imports, (_, whole: string | undefined, parts: string | undefined, from: string) => {
    if (!from.startsWith('.')) return nodeImport(whole, parts, from);
    const at = posix.join(posix.dirname(path), from);
    loads.push(at);
    return `const {${(parts ?? '').replaceAll(/\s+as\s+/g, ': ')}} = load(${JSON.stringify(at)});`;
  });
  return { body: `${body}\nreturn {${names.join(', ')}};`, loads };
}

/** `assert` and `test` are there under these names already. */
function nodeImport(whole: string | undefined, parts: string | undefined, from: string): string {
  const stem = from.includes('assert') ? 'assert' : 'test';
  if (whole !== undefined) return whole === stem ? '' : `const ${whole} = ${stem};`;
  return parts === undefined || parts.trim() === stem ? '' : `const {${parts}} = ${stem};`;
}
