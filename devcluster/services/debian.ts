// Packages of Debian for tests, installed as root in steps that people start on purpose.
import { spawn } from 'node:child_process';

export interface DebianPackages {
  readonly packages: readonly string[];
  /** For people: what they are, and how large. */
  readonly what: string;
  /** Told what is done. */
  readonly say: (text: string) => void;
}

/** Installs packages with apt-get, without what they recommend; rejects where only somebody else can. */
export async function installDebianPackages({ packages, what, say }: DebianPackages): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error(`install ${packages.join(' ')}: only root on Debian can have it done here, so nothing was installed; install them in the way of this system`);
  say(`installing ${what} with apt-get`);
  // Somebody else may be installing something.
  const patient = ['-o', 'DPkg::Lock::Timeout=300'];
  await run('apt-get', ['update', '-qq']);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...patient, ...packages]);
}

function run(program: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ${words.join(' ')} ended with ${code}`))));
  });
}
