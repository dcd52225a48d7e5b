// Reads the marks at the ends of lines that say which fault is there, and takes them off.
import { expandSecrets } from './secrets.ts';

/** A place in a laid out file where a rule finds something, or must not. */
export interface Mark {
  readonly rule: string;
  readonly path: string;
  /** Counted from 1 in the file as it is laid out. */
  readonly line: number;
  /** Word that the places of one finding share. */
  readonly group?: string;
  readonly isLookAlike: boolean;
  /** The line without its marks, before secrets are put in. */
  readonly text: string;
}

export interface MarkedFile {
  /** The file as it is laid out. */
  readonly text: string;
  readonly marks: readonly Mark[];
}

const pattern = /\s*«(?<not>not )?(?<rule>[a-z-]+)(?: (?<group>[a-z]+))?»/g;

/** Takes the marks off a file; a secret of several lines moves what follows. */
export function readMarked(path: string, marked: string): MarkedFile {
  const lines: string[] = [];
  const marks: Mark[] = [];
  for (const line of marked.split('\n')) {
    const text = line.replaceAll(pattern, '');
    for (const { groups = {} } of line.matchAll(pattern)) {
      const { not, rule = '', group } = groups;
      marks.push({ rule, path, line: lines.length + 1, ...(group === undefined ? {} : { group }), isLookAlike: not !== undefined, text });
    }
    lines.push(...expandSecrets(text).split('\n'));
  }
  return { text: lines.join('\n'), marks };
}
