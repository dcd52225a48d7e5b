// A program of this machine with the libraries that it loads, so that an image can hold it without a distribution around it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Layer } from './layer.ts';

/** Layers with the program at `to` and its shared libraries where the loader looks for them; a static program has none. */
export async function programWithLibraries(file: string, to: string): Promise<readonly Layer[]> {
  // ldd fails for static programs, and says so.
  const printed = await promisify(execFile)('ldd', [file]).then(({ stdout }) => stdout, () => '');
  return [{ kind: 'copy', from: file, to, follow: true }, ...librariesIn(printed).map((path): Layer => ({ kind: 'copy', from: path, to: path, follow: true }))];
}

/** Absolute paths in the output of ldd: `libm.so.6 => /lib/libm.so.6 (0x...)`, and the loader itself. */
export function librariesIn(printed: string): readonly string[] {
  return printed.split('\n').flatMap((line) => {
    const [, path] = /^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/.exec(line) ?? [];
    return path === undefined ? [] : [path];
  });
}
