// Builds the jail into dist/jail when it is missing or out of date: `node scripts/build-jail.ts [--out FILE]`. Without a compiler it says so and goes on.
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildJail } from './jail.ts';

const root = dirname(import.meta.dirname);
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist', 'jail') } } });
await buildJail(root, resolve(values.out));
