// Adds up what CI ran and prints the closing line `N passed, N failed`: vitest's tests, e2e's stories, and each step that has no count of its own.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addUp, type StepResult } from './summary.ts';

const root = join(import.meta.dirname, '..');
const steps = process.argv.slice(2).map((text): StepResult => {
  const [name = '', result] = text.split('=');
  return { name, hasPassed: result === 'passed' };
});

function readJson(path: string): unknown {
  return existsSync(join(root, path)) ? JSON.parse(readFileSync(join(root, path), 'utf8')) : undefined;
}

const { passed, failed } = addUp(steps, { test: readJson('.coditect/tests.json'), e2e: readJson('e2e/results/latest.json') });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
