import { scriptRules } from './script.ts';
import { type Code, testRules } from './testing.ts';

const at = (path: string, text: string): Code => ({ path, text });

testRules(scriptRules, 'src/a.ts', {
  'js-eval': {
    finds: ['eval(body)', 'const f = new Function("a", `return ${b}`);', 'window.eval("x = " + y)', 'a();\nreturn (\n  eval(x) // !!\n)', at('a.jsx', 'eval(props.code)')],
    leaves: ['eval("1 + 1")', 'new Function("a", "b", "return a + b")', 'redis.eval(script)', 'new Function()', 'new FunctionTable(x)', 'eval("a" + "b")', 'evaluate(x)', '// eval(x)'],
  },
  'js-empty-catch': {
    finds: ['try { a() } catch {}', 'try { a() } catch (e) { }', 'try { a() } catch (e) {\n}', 'try {\n  a(); //\n} finally { try { b() } catch {} } // !!', at('a.js', 'try { a() } catch (e) {\n\n}')],
    leaves: ['try { a() } catch { /* not there: fine */ }', 'try { a() } catch (e) { log(e) }', 'try { a() } catch {\n  // expected\n}', 'try { a() } finally {}', 'p.catch(() => {})'],
  },
  'js-loose-equality': {
    finds: ['if (a == b) c()', 'const x = a != 0;', 'a == undefined', 'typeof a == "string"', at('a.mjs', 'while (a.b == c[0]) {}'), 'ok(1);\nf(c == d) // !!'],
    leaves: ['a == null', 'null != a', 'a === b', 'a !== 0', '"a == b"', 'a <= b', 'a => b'],
  },
  'js-var': {
    finds: ['var a = 1, b = 2;', 'for (var i = 0; i < 9; i++) {}', 'for (var x of xs) {}', 'function f() {\n  var y; // !!\n}', at('a.cjs', 'var a = require("a")')],
    leaves: ['let a = 1', 'const a = 1', 'declare var process: unknown;', 'declare global {\n  var cache: Map<string, string>;\n}', at('a.d.ts', 'declare var x: number'), 'const o = { var: 1 }', 'o.var = 2'],
  },
  'js-debugger': {
    finds: ['debugger;', 'function f() {\n  debugger // !!\n}', 'if (x) debugger', at('a.tsx', 'debugger')],
    leaves: ['const debuggerOn = 1', '"debugger;"', '// debugger', 'o.debugger()'],
  },
  'js-async-foreach': {
    finds: ['xs.forEach(async (x) => { await f(x) })', 'xs.forEach(async function (x) { await f(x) })', 'xs?.forEach(async x => f(x), self)', 'xs\n  .filter(Boolean)\n  .forEach(async (x) => { // !!\n    await f(x);\n  });'],
    leaves: ['xs.forEach((x) => f(x))', 'await Promise.all(xs.map(async (x) => f(x)))', 'xs.forEach(async => f(async))', 'xs.forEach((x) => { run(async () => f(x)) })', 'forEach(async () => 1)'],
  },
  'js-self-compare': {
    finds: ['if (a === a) b()', 'a.b.c !== a.b.c', 'x < x', 'const n = v != v;', 'x >= x', at('a.tsx', 'f(a[0] <= a[0])')],
    leaves: ['a === b', 'a.b === a.c', 'a + a', 'a && a', 'a < a1', 'x << x', '1 < 2 === true'],
  },
  'js-parse-int-radix': {
    finds: ['parseInt(x)', 'Number.parseInt(x)', 'const n = parseInt(\n  process.argv[2],\n);', 'parseInt(x /* a text */)'],
    leaves: ['parseInt(x, 10)', 'Number.parseInt(x, 16)', 'parseFloat(x)', 'parser.parseInt(x)', 'parseInt(...xs)', 'xs.map(parseInt)'],
  },
  'js-shell-command': {
    finds: ['exec(`rm -rf ${folder}`)', 'execSync("git log " + branch)', 'child_process.exec(`ls ${x}`, done)', 'cp.execSync("a" + b + "c")', 'require("node:child_process").execSync(`ls ${x}`)'],
    leaves: ['exec("ls -l")', 'execSync(`ls`)', 'execFile(`${tool}`, ["a"])', 'regex.exec(`${text}`)', 'exec("a" + "b")', 'cp.spawn("a" + b)', 'exec(command)', 'db.exec("SELECT " + x)'],
  },
  'js-inner-html': {
    finds: ['el.innerHTML = text', 'el.innerHTML += `<b>${x}</b>`', 'a.b.outerHTML = "<i>" + x', 'document.write(x)', 'document.write("<p>" + x + "</p>")'],
    leaves: ['el.innerHTML = ""', 'el.innerHTML = "<b>" + "x" + "</b>"', 'const x = el.innerHTML', 'el.textContent = x', 'document.write("<p>")', 'stream.write(x)', 'el.innerHTML === x'],
  },
  'js-constant-condition': {
    finds: ['if (true) a()', 'if (0) { a() }', 'if ( false ) {}', 'f();\nif (1) { // !!\n}'],
    leaves: ['while (true) {}', 'for (;;) {}', 'if (x) {}', 'if (true_) {}', 'const a = true ? 1 : 2', 'if (10) {}', 'do {} while (true)'],
  },
  'js-throw-literal': {
    finds: ['throw "no"', 'throw 42', 'throw `no ${x}`', 'throw "no: " + x', 'f(() => {\n  throw "x"; // !!\n})'],
    leaves: ['throw new Error("no")', 'throw error', 'throw failure("x")', 'throw { code: 1 }', 'throw cond ? a : b', 'throw undefined', 'throw a + b'],
  },
  'js-tls-off': {
    finds: ['connect({ host, rejectUnauthorized: false })', 'process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"', "process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'", 'const o = {\n  "rejectUnauthorized": false, // !!\n};', 'spawn(x, { env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } })', 'agent.options.rejectUnauthorized = false'],
    leaves: ['connect({ rejectUnauthorized: true })', 'connect({ rejectUnauthorized: !dev })', 'process.env.NODE_TLS_REJECT_UNAUTHORIZED = "1"', 'delete process.env.NODE_TLS_REJECT_UNAUTHORIZED', '// rejectUnauthorized: false', 'if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === "0") warn()', 'interface O { rejectUnauthorized: false }'],
  },
});
