import { expect, test } from 'vitest';
import { grpcPage, type ProtoFile } from './grpc.ts';

const file: ProtoFile = {
  name: 'x/v1/x.proto',
  package: 'x.v1',
  service: [{ name: 'Mail', method: [{ name: 'Send', inputType: '.x.v1.Letter', outputType: '.y.v1.Stamp', clientStreaming: true }] }],
  messageType: [
    {
      name: 'Letter',
      oneofDecl: [{ name: 'body' }],
      field: [
        { name: 'lines', number: 1, label: 'LABEL_REPEATED', type: 'TYPE_STRING' },
        { name: 'photo', number: 2, label: 'LABEL_OPTIONAL', type: 'TYPE_BYTES', oneofIndex: 0 },
        { name: 'copies', number: 3, label: 'LABEL_REPEATED', type: 'TYPE_MESSAGE', typeName: '.x.v1.Letter.CopiesEntry' },
      ],
      nestedType: [{ name: 'CopiesEntry', field: [{ name: 'key', number: 1, label: 'LABEL_OPTIONAL', type: 'TYPE_STRING' }, { name: 'value', number: 2, label: 'LABEL_OPTIONAL', type: 'TYPE_MESSAGE', typeName: '.x.v1.Letter' }] }],
    },
  ],
  sourceCodeInfo: {
    location: [
      {},
      { path: [2], leadingComments: ' What letters are.\n' },
      { path: [6, 0, 2, 0], leadingComments: ' Sends.\n Once.\n' },
      { path: [4, 0, 2, 1], leadingComments: ' JPEG | PNG.\n' },
    ],
  },
};

const { path, text } = grpcPage([file]);

test('calls, fields and maps are told with the comments above them', () => {
  expect(path).toBe('docs/reference/grpc.md');
  const wanted = ['What letters are.', '| `Send` | `stream Letter -> .y.v1.Stamp` | Sends. Once. |', '| `lines` | `repeated string` |  |  |', '| `photo` | `bytes` | one of body | JPEG \\| PNG. |', '| `copies` | `map<string, Letter>` |  |  |'];
  expect(wanted.filter((line) => !text.includes(line))).toEqual([]);
});
