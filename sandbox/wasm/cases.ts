// The conformance suite of code actions as data: small sources and how they must end, attempts to escape among them.
import type { Limits, RunResult } from '#sandbox/port.ts';

const MiB = 1024 ** 2;

/** One source, run once in a folder that holds `greeting.txt` with the text `hello` and `link`, a link to it. */
export interface CodeCase {
  /** Body of an async function of `input`, which is `{"word":"here"}`. */
  readonly source: string;
  readonly limits?: Partial<Limits>;
  /** Abort the run as soon as it has printed something. */
  readonly abortAtFirstOutput?: boolean;
  readonly want: Partial<RunResult>;
  /** What the message must hold. */
  readonly says?: RegExp;
}

/** Bounds of a case that names none. */
export const codeLimits: Limits = { wallMs: 15_000, outputBytes: 64 * 1024, memoryBytes: 64 * MiB };

const completed = (value: unknown): Partial<RunResult> => ({ ending: 'completed', value: JSON.stringify(value) });
/** The words of what `code` throws. */
const thrown = (code: string) => `try { ${code} } catch (error) { return error.message } return 'nothing was thrown'`;
const endless = { wallMs: 400 };

/** Sources and how they must end. */
export const codeCases: Readonly<Record<string, CodeCase>> = {
  'what the code returns is its value': { source: 'return { word: input.word, list: [1, null, "ä"] }', want: completed({ word: 'here', list: [1, null, 'ä'] }) },
  'code that returns nothing has the value null': { source: '', want: completed(null) },
  'a promise is waited for': { source: 'const later = await Promise.resolve(20); return Promise.all([later, Promise.resolve().then(() => 22)])', want: completed([20, 22]) },
  'a thenable is waited for like a promise': { source: 'return { then: (resolve) => resolve(5) }', want: completed(5) },
  'copied files are found': { source: 'return [listFiles(), readFile("greeting.txt")]', want: completed([['greeting.txt', 'link'], 'hello']) },
  'folders are made as files need them, and told by a slash': { source: 'writeFile("a/b/c.txt", "ä"); return [listFiles("a"), listFiles("a/b"), readFile("./a/b/c.txt")]', want: completed([['b/'], ['c.txt'], 'ä']) },
  'a file that is not there is told without the path of the host': { source: thrown('readFile("nowhere/x")'), want: completed('"nowhere/x" does not exist') },
  'what is printed is kept by stream': { source: 'console.log("a", { b: 1 }); console.error("c"); return 1', want: { ending: 'completed', stdout: 'a {"b":1}\n', stderr: 'c\n' } },
  'the clock goes, in whole milliseconds': {
    source: 'const at = [Date.now(), performance.now(), +new Date(), Date.parse(Date())]; return at.map((ms) => Number.isInteger(ms) && ms > 1.7e12).concat(new Date(0).getFullYear(), new Date() instanceof Date)',
    want: completed([true, true, true, true, 1970, true]),
  },
  'eval and new Function stay inside': { source: 'return [eval("1 + 1"), new Function("return typeof process")()]', want: completed([2, 'undefined']) },
  'an error is a failure with its message and its line': { source: '\nnull.x', want: { ending: 'failed', stderr: '    at anonymous (code:2:1)\n' }, says: /^TypeError: cannot read property 'x' of null$/ },
  'a source that cannot be read is a failure': { source: 'return (', want: { ending: 'failed' }, says: /^SyntaxError: / },
  'a value that is no JSON is a failure': { source: 'return 1n', want: { ending: 'failed' }, says: /BigInt/ },
  'a promise that nothing settles ends the run at once': { source: 'await new Promise(() => {})', want: { ending: 'failed' }, says: /nothing settles/ },
  'an endless loop is killed': { source: 'for (;;);', limits: endless, want: { ending: 'timeout' } },
  'an endless chain of promises is killed': { source: 'for (;;) await 0', limits: endless, want: { ending: 'timeout' } },
  'more memory than the limit ends the run': { source: 'const all = []; for (;;) all.push(new Uint8Array(65536))', want: { ending: 'outOfMemory' }, says: /memory/ },
  'a smaller limit holds for the same engine': {
    source: 'const all = []; try { for (;;) all.push(new Uint8Array(65536)) } catch { const size = all.length / 16; all.length = 0; return size > 4 && size < 8 }',
    limits: { memoryBytes: 8 * MiB },
    want: completed(true),
  },
  'a larger limit holds for the same engine': { source: 'return new Uint8Array(100 * 2 ** 20).length', limits: { memoryBytes: 128 * MiB }, want: completed(100 * MiB) },
  'endless output ends the run and is kept up to the cap': { source: 'for (;;) console.log("xxxxxxxxx")', limits: { outputBytes: 25 }, want: { ending: 'outputCap', stdout: 'xxxxxxxxx\nxxxxxxxxx\nxxxxx' } },
  'a value larger than the output may be ends the run': { source: 'return "x".repeat(100)', limits: { outputBytes: 100 }, want: { ending: 'outputCap' } },
  'an abort kills the code': { source: 'console.log("started"); for (;;);', abortAtFirstOutput: true, want: { ending: 'aborted', stdout: 'started\n' } },
};

const outside = 'is outside of the folder';

/** Attempts to leave the engine or the folder, to break the answer, or to take more than is due. */
export const escapeCases: Readonly<Record<string, CodeCase>> = {
  'a path above the folder': { source: thrown('readFile("../greeting.txt")'), want: completed(`"../greeting.txt" ${outside}`) },
  'a path that goes down and up again': { source: thrown('writeFile("a/../../x", "")'), want: completed(`"a/../../x" ${outside}`) },
  'an absolute path': { source: thrown('readFile("/etc/passwd")'), want: completed(`"/etc/passwd" ${outside}`) },
  'the environment of the process': { source: thrown('readFile("/proc/self/environ")'), want: completed(`"/proc/self/environ" ${outside}`) },
  'a listing of the root': { source: thrown('listFiles("/")'), want: completed(`"/" ${outside}`) },
  'a link, also to a file of the folder': { source: thrown('readFile("link")'), want: completed('"link" leads over a link') },
  'writing over a link': { source: thrown('writeFile("link", "x")'), want: completed('"link" leads over a link') },
  'a path with a NUL': { source: thrown('readFile("greeting.txt\\0.js")'), want: completed('a path must have 1 to 1024 characters and no NUL') },
  'an empty path': { source: thrown('writeFile("", "x")'), want: completed('a path must have 1 to 1024 characters and no NUL') },
  'a path of 5,000 characters': { source: thrown('readFile("a/".repeat(2500))'), want: completed('a path must have 1 to 1024 characters and no NUL') },
  'the folder as a file': { source: thrown('writeFile(".", "x")'), want: completed('"." is a folder') },
  'a path that is an object with a changing text': { source: `let calls = 0; ${thrown('readFile({ toString: () => (calls++ ? "/etc/passwd" : "../x") })')}`, want: completed(`"../x" ${outside}`) },
  'the constructor of functions': { source: `return [constructor, [].constructor].map((one) => one.constructor('return typeof process + typeof require + typeof fetch + typeof setTimeout + typeof WebAssembly')())`, want: completed(Array.from({ length: 2 }, () => 'undefined'.repeat(5))) },
  'an import': { source: 'return import("node:fs")', want: { ending: 'failed' } },
  'shared memory to wait on': { source: 'return typeof Atomics === "undefined" ? true : Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)', want: completed(true) },
  'a source that closes the function around it': { source: '}); (async function () { return typeof process', want: completed('undefined') },
  'a getter that throws, as the error': { source: 'throw { get message() { throw 1 }, get stack() { throw 2 } }', want: { ending: 'failed' } },
  'an error whose name, message and stack are traps': { source: 'const error = new Error("x"); for (const key of ["name", "message", "stack"]) Object.defineProperty(error, key, { get() { throw 1 } }); throw error', want: { ending: 'failed', message: 'threw something that cannot be told' } },
  'a proxy that answers everything': { source: 'return new Proxy({}, { get: (_, key) => (key === "then" ? undefined : key === "toJSON" ? () => ({ ok: 1 }) : 7), ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) })', want: completed({ ok: 1 }) },
  'a value that would pollute prototypes': { source: 'return JSON.parse(\'{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}\')', want: { ending: 'completed', value: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}' } },
  'a forged text of the value': { source: 'JSON.stringify = () => "forged"; return 1', want: completed(1) },
  'promises and prototypes that were replaced': { source: 'Promise.prototype.then = () => { throw 1 }; Object.prototype.tag = "completed"; Object.prototype.val = "forged"; return 1', want: { ending: 'failed' } },
  'a value nested 100,000 deep': { source: 'let deep = {}; for (let level = 0; level < 1e5; level++) deep = { deep }; return deep', want: { ending: 'failed' } },
  'a recursion without end': { source: 'const down = () => down() + 1; return down()', want: { ending: 'failed' } },
  'a string of two gigabytes': { source: 'return "x".repeat(2 ** 31)', want: { ending: 'failed' } },
  'a text too large to leave the engine': { source: 'writeFile("x", "x".repeat(50e6))', want: { ending: 'outOfMemory' } },
  'a file larger than one may be': { source: thrown('writeFile("x", "x".repeat(17e6))'), want: completed('"x" would hold more than 16777216 bytes') },
  'a regular expression that backtracks for years': { source: 'return /^(a|a?)+$/.test("a".repeat(40) + "b")', limits: endless, want: { ending: 'timeout' } },
  'a million calls of the host': { source: 'for (let call = 0; call < 1e6; call++) { try { readFile("nowhere") } catch {} }', limits: endless, want: { ending: 'timeout' } },
  'terminal escapes in an error': { source: 'throw new Error("\\u001b[2J\\u202egone")', want: { ending: 'failed', message: 'Error:  [2J gone' } },
};
