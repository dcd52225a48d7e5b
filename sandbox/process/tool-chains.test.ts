import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTree } from '#sandbox/remove-tree.ts';
import { findToolChains } from './tool-chains.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tools-'));
});

afterEach(() => removeTree(root));

async function plant(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
}

/** What PATH makes readable below the root of the test, and the variables it sets, with paths relative to that root. */
async function found(...path: readonly string[]) {
  const tools = await findToolChains(path.map((entry) => join(root, entry)).join(':'), join(root, 'work'));
  const relative = (text: string) => text.slice(root.length + 1);
  return { trees: tools.readable('none').filter((tree) => tree.startsWith(root)).map(relative), env: Object.fromEntries(Object.entries(tools.env).map(([name, value]) => [name, relative(value)])) };
}

const cases: Record<string, { files: readonly string[]; path: string; trees: readonly string[]; env?: Record<string, string> }> = {
  'a folder of programs is readable, what lies beside it is not': { files: ['home/bin/tool', 'home/.ssh/id'], path: 'home/bin', trees: ['home/bin'] },
  'programs of rustup bring its tool chains, not the credentials of cargo': { files: ['home/.cargo/bin/rustup', 'home/.cargo/credentials.toml', 'home/.rustup/settings.toml'], path: 'home/.cargo/bin', trees: ['home/.cargo/bin', 'home/.rustup'], env: { RUSTUP_HOME: 'home/.rustup' } },
  'rustup of an image lies beside cargo': { files: ['local/cargo/bin/rustup', 'local/rustup/settings.toml'], path: 'local/cargo/bin', trees: ['local/cargo/bin', 'local/rustup'], env: { RUSTUP_HOME: 'local/rustup' } },
  'programs of packages bring all packages': { files: ['app/node_modules/.bin/tsc', 'app/.env'], path: 'app/node_modules/.bin', trees: ['app/node_modules/.bin', 'app/node_modules'] },
  'a node of its own brings its library': { files: ['versions/v24/bin/node', 'versions/v24/lib/node_modules/npm/x'], path: 'versions/v24/bin', trees: ['versions/v24/bin', 'versions/v24'] },
  'a node in a home folder brings no home folder': { files: ['home/bin/node', 'home/package.json', 'home/.npmrc'], path: 'home/bin', trees: ['home/bin'] },
  'a go brings its library': { files: ['go/bin/go', 'go/pkg/tool/compile', 'go/src/runtime/proc.go'], path: 'go/bin', trees: ['go/bin', 'go'] },
  'a folder of programs that go has built is no go': { files: ['gopath/bin/go', 'gopath/pkg/mod/secret'], path: 'gopath/bin', trees: ['gopath/bin'] },
  'shims of pyenv bring its versions': { files: ['.pyenv/shims/python3', '.pyenv/versions/x/y', '.pyenv/libexec/pyenv'], path: '.pyenv/shims', trees: ['.pyenv/shims', '.pyenv'] },
  'the work of the sandbox is never readable': { files: ['bin/node', 'lib/node_modules/x', 'work/other/files/secret'], path: 'bin', trees: ['bin'] },
  'not even when PATH says so': { files: ['work/tool'], path: 'work', trees: [] },
  'an entry that does not exist is nothing': { files: [], path: 'nowhere', trees: [] },
};

test.each(Object.entries(cases))('%s', async (_, { files, path, trees, env = {} }) => {
  await plant(...files);
  expect(await found(path)).toEqual({ trees, env });
});

test('a virtual environment brings the Python that it was made with', async () => {
  await plant('python/bin/python3', 'venv/bin/python3');
  await writeFile(join(root, 'venv', 'pyvenv.cfg'), `home = ${join(root, 'python', 'bin')}\nversion = 3.13\n`);
  expect((await found('venv/bin')).trees).toEqual(['venv/bin', 'venv', 'python']);
});

test('a link in PATH counts as what it leads to', async () => {
  await plant('opt/v24/bin/node', 'opt/v24/lib/node_modules/npm/x', 'home/.secret');
  await symlink(join(root, 'opt', 'v24', 'bin'), join(root, 'home', 'bin'));
  expect((await found('home/bin')).trees).toEqual(['opt/v24/bin', 'opt/v24']);
});

test('relative entries are no entries, and names are found only with a network', async () => {
  const tools = await findToolChains('bin:.:', join(root, 'work'));
  expect(tools.readable('none')).toContain('/usr');
  expect(tools.readable('none').filter((path) => path.startsWith('/etc/resolv') || path === '/etc' || path.startsWith('/etc/ssl/private') || path === '/proc' || path === '/')).toEqual([]);
  expect(tools.readable('open')).toContain('/etc/resolv.conf');
});
