// A Python with pytest that pods can read, as the image of a platform team would bring it.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The system's own first: one in a home may be out of reach for pods. */
const pythons = ['/usr/bin/python3', 'python3'];
const pytest = 'pytest==8.4.2';

/** Folder of programs of a virtual environment below `folder`, made once; undefined when no Python here can make one. */
export async function pythonWithPytest(folder: string): Promise<string | undefined> {
  const environment = join(folder, 'python');
  if (!existsSync(environment)) {
    const making = `${environment}-making`;
    if (!(await makeEnvironment(making))) return undefined;
    const { stdout: packages } = await run(join(making, 'bin', 'python3'), ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--target', packages.trim(), pytest]);
    await rename(making, environment);
  }
  return join(environment, 'bin');
}

async function makeEnvironment(folder: string): Promise<boolean> {
  for (const python of pythons) {
    const isMade = await run(python, ['-m', 'venv', '--clear', '--without-pip', folder]).then(() => true, () => false);
    if (isMade) return true;
  }
  return false;
}
