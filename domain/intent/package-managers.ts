// How each package manager of Node runs what a package has: a program of its dependencies, or one of its scripts.
import type { PackageManager } from './action.ts';

interface Manners {
  readonly program: readonly string[];
  readonly script: readonly string[];
  /** What stands between a script and arguments for it. */
  readonly separator: readonly string[];
}

const manners: Readonly<Record<PackageManager, Manners>> = {
  // Without --no-install npx would fetch a program that is not there.
  npm: { program: ['npx', '--no-install'], script: ['npm', 'run'], separator: ['--'] },
  pnpm: { program: ['pnpm', 'exec'], script: ['pnpm', 'run'], separator: [] },
  yarn: { program: ['yarn', 'run'], script: ['yarn', 'run'], separator: [] },
  bun: { program: ['bun', 'run'], script: ['bun', 'run'], separator: [] },
};

/** Command for a program among the dependencies. */
export function programCommand(manager: PackageManager = 'npm', program: string, args: readonly string[]): string[] {
  return [...manners[manager].program, program, ...args];
}

/** Command for a script of package.json. */
export function scriptCommand(manager: PackageManager = 'npm', script: string, args: readonly string[] = []): string[] {
  const { separator } = manners[manager];
  // `bun test` is the test runner of Bun, not the script.
  const start = script === 'test' && manager !== 'bun' ? [manager, 'test'] : [...manners[manager].script, script];
  return args.length === 0 ? start : [...start, ...separator, ...args];
}
