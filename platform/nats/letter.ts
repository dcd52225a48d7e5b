// A pack as it waits on disk: where it goes and under which id, so that a repeat after a restart is the very same message.
import { packTypes } from '#api/events/streams.ts';

export interface Letter {
  readonly subject: string;
  /** The server stores one message of an id. */
  readonly id: string;
  readonly contentType: string;
  readonly count: number;
  readonly body: Uint8Array;
}

const lengthBytes = 2;

/** As bytes: the length of the address, the address as JSON, the body. */
export function sealLetter({ subject, id, contentType, count, body }: Letter): Uint8Array {
  const address = Buffer.from(JSON.stringify([subject, id, contentType, count]));
  const sealed = Buffer.allocUnsafe(lengthBytes + address.length + body.length);
  sealed.writeUInt16BE(address.length, 0);
  sealed.set(address, lengthBytes);
  sealed.set(body, lengthBytes + address.length);
  return sealed;
}

/** Back from bytes; undefined for bytes that are no letter of ours. */
export function openLetter(sealed: Uint8Array): Letter | undefined {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  try {
    const end = lengthBytes + bytes.readUInt16BE(0);
    const [subject, id, contentType, count] = JSON.parse(bytes.toString('utf8', lengthBytes, end)) as readonly [string, string, string, number];
    return Object.values<string>(packTypes).includes(contentType) ? { subject, id, contentType, count, body: bytes.subarray(end) } : undefined;
  } catch {
    return undefined;
  }
}
