// Archives in tar format, as layers of images are: the same entries give the same bytes, whoever made the files and when.

/** One entry of an archive. Modes are permission bits; owners are numbers, since an image has users of its own. */
export interface TarEntry {
  /** Path without a slash at its beginning. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly mode: number;
  readonly user?: number;
  readonly group?: number;
  /** Bytes of a file that follow the header. */
  readonly size?: number;
  /** Where a symbolic link points. */
  readonly target?: string;
}

const block = 512;
const types = { file: '0', link: '2', folder: '5' } as const;

/** What precedes the content of an entry. Long names get a header of their own before it. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.kind === 'folder' ? `${entry.path}/` : entry.path;
  const long = [
    ...(Buffer.byteLength(path) > 100 ? [record('path', path)] : []),
    ...(Buffer.byteLength(entry.target ?? '') > 100 ? [record('linkpath', entry.target ?? '')] : []),
  ].join('');
  const plain = header({ ...entry, path: cut(path), target: cut(entry.target ?? '') }, types[entry.kind]);
  if (long === '') return plain;
  const extended = Buffer.from(long);
  return Buffer.concat([header({ path: 'pax', kind: 'file', mode: 0o644, size: extended.length }, 'x'), extended, tarPadding(extended.length), plain]);
}

/** What follows the content of an entry of this many bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}

/** What follows the last entry. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * block);

/** `<length> <key>=<value>\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** The first 100 bytes; whole characters only. */
function cut(text: string): string {
  let short = text;
  while (Buffer.byteLength(short) > 100) short = short.slice(0, -1);
  return short;
}

function header({ path, mode, user = 0, group = 0, size = 0, target = '' }: TarEntry, type: string): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, width: number) => bytes.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  bytes.write(path, 0);
  octal(mode, 100, 8);
  octal(user, 108, 8);
  octal(group, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12); // time: none, so that equal content has equal digests
  bytes.write(type, 156, 'latin1');
  bytes.write(target, 157);
  bytes.write('ustar\x0000', 257, 'latin1');
  bytes.fill(0x20, 148, 156);
  bytes.write(`${bytes.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
