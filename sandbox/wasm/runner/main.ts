// The child of the WebAssembly back end: warms an engine, waits for one claim, answers it, and ends. It reads no environment and opens nothing but the files of its folder.
import { readSync, writeSync } from 'node:fs';
import { encodeFrame, FrameReader } from '../frames.ts';
import { answerCaps, type Claim, claimCaps, outputFrameBytes, parseClaim } from '../protocol.ts';
import { type Answer, loadGuest } from './guest.ts';
import { createHostFiles } from './host-files.ts';

// Walks through what a first run would have to compile.
const warmUp = { source: 'try { readFile("no such file") } catch {} const at = Date.now(); return [listFiles(), input, await Promise.resolve(at)]', input: '{"a":[1,null,"x"]}', seed: 0 };

const [guestFolder, filesFolder] = process.argv.slice(2);
if (guestFolder === undefined || filesFolder === undefined) {
  console.log('usage: wasm-runner <folder of the guest> <folder of the files>: runs one action that it reads from standard input');
  process.exit(0);
}
process.exit(await serve(guestFolder, filesFolder));

async function serve(guestFolder: string, filesFolder: string): Promise<number> {
  const files = createHostFiles(filesFolder);
  const { readFile, writeFile, listFiles } = files;
  const guest = await loadGuest(guestFolder, { readFile, writeFile, listFiles, print, now: () => Date.now() });
  await guest.run(warmUp);
  send('R', '');
  const claim = receive();
  if (claim === undefined) return 0;
  try {
    files.enter(claim.folder);
  } catch {
    send('D', JSON.stringify({ ending: 'denied', message: `${JSON.stringify(claim.folder)} is not a folder of the files` }));
    return 0;
  }
  guest.limitMemory(claim.memoryBytes);
  answer(await guest.run(claim), claim.valueBytes);
  return 0;
}

function answer({ done, value = '' }: Answer, valueBytes: number): void {
  const bytes = Buffer.from(value);
  const isTooLarge = bytes.length > Math.min(valueBytes, answerCaps.V);
  if (!isTooLarge && done.ending === 'completed') send('V', bytes);
  send('D', JSON.stringify(isTooLarge ? { ending: 'outputCap', message: `the code returned ${bytes.length} bytes` } : done));
}

/** The claim; undefined when the other side has gone without one. Nothing else happens in this process meanwhile, so it waits inside the read. */
function receive(): Claim | undefined {
  const reader = new FrameReader(claimCaps);
  const chunk = Buffer.alloc(65_536);
  for (let bytes = readSync(0, chunk); bytes > 0; bytes = readSync(0, chunk)) {
    const { frames, fault } = reader.read(Buffer.from(chunk.subarray(0, bytes)));
    if (fault !== undefined) throw new Error(`read a claim: ${fault}; nothing was run`);
    if (frames[0] !== undefined) return parseClaim(frames[0].payload);
  }
  return undefined;
}

function print(channel: 'stdout' | 'stderr', text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += outputFrameBytes) send(channel === 'stdout' ? 'O' : 'E', bytes.subarray(at, at + outputFrameBytes));
}

function send(kind: keyof typeof answerCaps, payload: Uint8Array | string): void {
  const frame = encodeFrame(kind, payload);
  for (let sent = 0; sent < frame.length; ) sent += writeSync(1, frame, sent);
}
