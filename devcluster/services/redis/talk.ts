// A few words of the Redis protocol, enough to see whether a server is ready and to join a cluster. Not a client.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Peer {
  readonly port: number;
  /** PEM of the authority; absent for a server without TLS. */
  readonly ca?: string;
  readonly user: string;
  readonly password: string;
}

/** Sends one command as `user` and gives the first line of the answer, or the text of a bulk string. Rejects when nobody answers within two seconds. */
export function ask(peer: Peer, ...command: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = peer.ca === undefined ? connect(peer.port, '127.0.0.1') : connectTls({ port: peer.port, host: '127.0.0.1', ca: peer.ca });
    let heard = '';
    socket.setTimeout(2000, () => socket.destroy(new Error(`no answer from port ${peer.port}`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`port ${peer.port} closed the connection`)));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      heard += chunk;
      const answers = repliesIn(heard);
      const last = answers[1] ?? answers.find((answer) => answer.startsWith('-'));
      if (last === undefined) return;
      resolve(last);
      socket.destroy();
    });
    socket.write(encode('AUTH', peer.user, peer.password) + encode(...command));
  });
}

function encode(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** Whole answers at the start of a text: lines and bulk strings, which is all that is asked for here. */
function repliesIn(text: string): readonly string[] {
  const answers: string[] = [];
  for (let rest = text; rest.includes('\r\n'); ) {
    const end = rest.indexOf('\r\n');
    const line = rest.slice(0, end);
    const size = line.startsWith('$') ? Number(line.slice(1)) : -1;
    if (size < 0) {
      answers.push(line);
      rest = rest.slice(end + 2);
      continue;
    }
    if (rest.length < end + 2 + size + 2) break;
    answers.push(rest.slice(end + 2, end + 2 + size));
    rest = rest.slice(end + 4 + size);
  }
  return answers;
}
