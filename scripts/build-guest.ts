// Builds the WebAssembly guest into dist/wasm when it is missing or out of date: `node scripts/build-guest.ts [--out FOLDER] [--lock]`.
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildGuest } from './guest/build.ts';
import { toolCache } from './guest/toolchain.ts';

const root = dirname(import.meta.dirname);
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist', 'wasm') }, lock: { type: 'boolean', default: false } } });
await buildGuest({ root, out: resolve(values.out), cache: toolCache(process.env), relock: values.lock, say: console.error });
