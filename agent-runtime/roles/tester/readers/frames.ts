// Finds the lines of the workspace that a stack, an assertion or a compiler names. Code of dependencies and of the language itself is left out.
import type { Frame } from './reading.ts';

const limits = { lines: 400, lineLength: 1000, frames: 20 } as const;

const place = /^(?:file:\/\/)?(.*\.(?:[cm]?[jt]sx?|vue|svelte|py|go|rs|java|rb)):(\d+)(?:$|[:,)])/;
const pythonPlace = /^\s*(?:E\s+)?File "([^"]+)", line (\d+)/;

/** Folders of dependencies, of runtimes and of the tools that run tests. */
const foreign = /(?:^|\/)(?:node_modules|site-packages|dist-packages|rustc|\.cargo)\/|\/lib\/python[\d.]+\/|^node:|^internal\/|^<|(?:^|\/)_testmain\.go$|\/(?:go|golang)[^/]*\/src\/(?:testing|runtime|reflect|time|sync|os|net|encoding)\/|(?:^|\/)library\/(?:std|core|alloc|test)\//;

/** Frames of the workspace in the order in which they are printed. */
export function framesIn(text: string): readonly Frame[] {
  const frames: Frame[] = [];
  for (const line of text.split('\n', limits.lines)) {
    const frame = frameOf(line.slice(0, limits.lineLength));
    if (frame !== undefined && !foreign.test(frame.file) && !frames.some(({ file, line: at }) => file === frame.file && at === frame.line)) frames.push(frame);
    if (frames.length === limits.frames) break;
  }
  return frames;
}

function frameOf(line: string): Frame | undefined {
  const python = pythonPlace.exec(line);
  if (python !== null) return frame(python);
  for (const [token] of line.matchAll(/[^\s()'"`]+/g)) {
    const match = place.exec(token);
    if (match !== null) return frame(match);
  }
  return undefined;
}

function frame([, file = '', line]: RegExpExecArray): Frame {
  return { file: file.replace(/^\.\//, ''), line: Number(line) };
}
