// Serves one git repository read-only over HTTP (smart protocol), on loopback or the link of a node, so that agents never open the user's folder. Commits only: what is not committed is not served.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

export interface GitDoor {
  /** `http://<address>:port/<secret>/repository.git`; who knows it may read. Other users of this machine could reach the port. */
  readonly url: string;
  close(): Promise<void>;
}

const service = 'git-upload-pack';
const maxRequestBytes = 16 * 1024 * 1024;

/** Opens a door to the repository in a folder, a checkout or a bare one, on an address of this machine. */
export async function startGitDoor(repositoryPath: string, address = '127.0.0.1'): Promise<GitDoor> {
  if (!existsSync(repositoryPath)) throw new Error(`serve ${repositoryPath}: there is no such folder, so agents could not clone it; give the path of a git repository`);
  const root = `/${randomBytes(16).toString('hex')}/repository.git`;
  const server = createServer((request, response) => {
    answer(request, response, root, repositoryPath);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  return { url: `http://${address}:${(server.address() as AddressInfo).port}${root}`, close: () => closed(server) };
}

function answer(request: IncomingMessage, response: ServerResponse, root: string, path: string): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://door');
  const protocol = protocolOf(request);
  if (request.method === 'GET' && pathname === `${root}/info/refs` && searchParams.get('service') === service) {
    response.writeHead(200, headers('advertisement'));
    response.write(`${packetLine(`# service=${service}\n`)}0000`);
    uploadPack(['--http-backend-info-refs', path], protocol, response);
  } else if (request.method === 'POST' && pathname === `${root}/${service}`) {
    response.writeHead(200, headers('result'));
    uploadPack([path], protocol, response, bodyOf(request, response));
  } else response.writeHead(404, { 'content-type': 'text/plain' }).end('this door only serves git fetch and clone of one repository\n');
}

const headers = (what: string) => ({ 'content-type': `application/x-${service}-${what}`, 'cache-control': 'no-cache' });

/** A line of git's protocol: its length in four hex digits, then the text. */
export function packetLine(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}

function protocolOf({ headers: { 'git-protocol': protocol } }: IncomingMessage): string {
  return typeof protocol === 'string' && /^[a-z0-9=:]{1,64}$/.test(protocol) ? protocol : '';
}

function bodyOf(request: IncomingMessage, response: ServerResponse): Readable {
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  let size = 0;
  body.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxRequestBytes) request.destroy();
  });
  body.on('error', () => response.destroy());
  return body;
}

function uploadPack(args: readonly string[], protocol: string, response: ServerResponse, input?: Readable): void {
  // The repository may belong to another user than the one who serves it; git must be told that this is meant.
  const config = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' };
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_PROTOCOL: protocol, ...config };
  const child = spawn('git', ['upload-pack', '--stateless-rpc', ...args], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  child.once('error', () => response.destroy());
  child.stdin.on('error', () => {}); // git has read all it wants
  if (input === undefined) child.stdin.end();
  else input.pipe(child.stdin);
  child.stdout.pipe(response, { end: false });
  child.once('close', (code) => {
    if (code === 0) response.end();
    else response.destroy(); // a cut answer, which git reports as one
  });
  response.once('close', () => child.kill());
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
