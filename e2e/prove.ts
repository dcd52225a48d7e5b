// Runs the command behind each claim: node e2e/prove.ts skeleton. What this machine cannot show is `not run`, never passed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from './claims/claim.ts';

const name = process.argv[2] ?? 'skeleton';
const file = join(import.meta.dirname, 'claims', `${name}.ts`);
if (!/^[a-z-]+$/.test(name) || !existsSync(file)) {
  process.stderr.write(`error: there is no e2e/claims/${name}.ts; say make prove CLAIMS=skeleton\n`);
  process.exit(2);
}
const { claims } = (await import(file)) as { claims: readonly Claim[] };
const full = process.env['FULL'] === '1';
let failed = 0;
process.stdout.write('claim | command | result | seconds\n');
for (const claim of claims) {
  const reason = notHere(claim);
  const began = performance.now();
  const result = reason === undefined ? await show(claim) : `not run: ${reason}`;
  if (result.startsWith('failed')) failed += 1;
  process.stdout.write(`${claim.claim} | ${claim.command} | ${result} | ${Math.round((performance.now() - began) / 1000)}\n`);
}
process.exit(failed === 0 ? 0 : 1);

function notHere({ needs }: Claim): string | undefined {
  if (needs.includes('root') && process.getuid?.() !== 0) return 'needs root';
  if (needs.includes('key') && process.env['ANTHROPIC_API_KEY'] === undefined) return 'needs ANTHROPIC_API_KEY';
  if (needs.includes('time') && !full) return 'takes long; FULL=1 runs it';
  return undefined;
}

function show({ command, limitSeconds }: Claim): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], cwd: join(import.meta.dirname, '..') });
    let tail = '';
    const keep = (chunk: Buffer): void => void (tail = (tail + chunk.toString()).slice(-400));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const limit = setTimeout(() => child.kill('SIGINT'), limitSeconds * 1000);
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve(code === 0 ? 'passed' : `failed: ${tail.trim().split('\n').at(-1) ?? `exit code ${code}`}`);
    });
  });
}
