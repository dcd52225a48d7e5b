// Messages of the port-forward protocol over a WebSocket (`v4.channel.k8s.io`): the first byte is the channel, 0 for data and 1 for errors;
// the server's first message on each channel is the port number, two bytes, and carries nothing else.

export const portForwardProtocol = 'v4.channel.k8s.io';

const dataChannel = 0;
const errorChannel = 1;
const portBytes = 2;

export type Frame =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'nothing' };

/** The message that carries these bytes to the pod. */
export function encodeData(bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = dataChannel;
  message.set(bytes, 1);
  return message;
}

/** Decodes the server's messages of one connection, in order. */
export function frameDecoder(): (message: Uint8Array) => Frame {
  const missing = [portBytes, portBytes];
  return (message) => {
    const channel = message[0];
    if (channel !== dataChannel && channel !== errorChannel) return { kind: 'error', message: `channel ${channel ?? 'missing'} is not one of this forward` };
    const header = Math.min(missing[channel] ?? 0, message.length - 1);
    missing[channel] = (missing[channel] ?? 0) - header;
    const bytes = message.subarray(1 + header);
    if (bytes.length === 0) return { kind: 'nothing' };
    return channel === dataChannel ? { kind: 'data', bytes } : { kind: 'error', message: new TextDecoder().decode(bytes).trim() };
  };
}
