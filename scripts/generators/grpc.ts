// docs/reference/grpc.md: services and messages with the comments of the protos, read from the image that buf makes of them.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { code, table } from './markdown.ts';
import { type GeneratedFile, referencePage } from './output.ts';

interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
}

interface Message {
  readonly name: string;
  readonly field?: readonly Field[];
  readonly oneofDecl?: readonly { readonly name: string }[];
  /** Entries of maps; the protos nest nothing else. */
  readonly nestedType?: readonly Message[];
}

interface Method {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly clientStreaming?: boolean;
  readonly serverStreaming?: boolean;
}

interface Enum {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number?: number }[];
}

/** A file of the image, as far as the page tells it. */
export interface ProtoFile {
  readonly name: string;
  readonly package: string;
  readonly messageType?: readonly Message[];
  readonly enumType?: readonly Enum[];
  readonly service?: readonly { readonly name: string; readonly method: readonly Method[] }[];
  readonly sourceCodeInfo: { readonly location: readonly { readonly path?: readonly number[]; readonly leadingComments?: string }[] };
}

// Field numbers of descriptor.proto, of which the paths of comments are made.
const inFile = { package: 2, message: 4, enum: 5, service: 6 } as const;
const parts = 2;

/** docs/reference/grpc.md; `root` is the checkout. */
export function grpcFiles(root: string): GeneratedFile[] {
  const image = execFileSync(join(root, 'node_modules/.bin/buf'), ['build', '-o', '-#format=json'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const { file } = JSON.parse(image) as { file: readonly ProtoFile[] };
  return [grpcPage(file)];
}

/** The page of these files. */
export function grpcPage(files: readonly ProtoFile[]): GeneratedFile {
  return referencePage('grpc', 'api/rpc', [
    '# gRPC',
    'What the processes of an installation say to each other, and what people and programs may ask them. Who may open which door is told in [the architecture](../architecture.md#trust). Fields of type string whose names end in `_json` hold JSON.',
    ...files.flatMap(fileParts),
  ]);
}

function fileParts(file: ProtoFile): string[] {
  const comment = commentsOf(file);
  const services = (file.service ?? []).flatMap(({ name, method }, index) => {
    const at = [inFile.service, index];
    const rows = method.map((one, number) => [code(one.name), code(signature(file, one)), comment([...at, parts, number])]);
    return [`### ${name}`, comment(at), table(['Call', 'From and to', 'What it does'], rows)];
  });
  const messages = (file.messageType ?? []).flatMap((message, index) => messageParts(file, message, comment, [inFile.message, index]));
  const enums = (file.enumType ?? []).flatMap(({ name, value }, index) => {
    const at = [inFile.enum, index];
    return [`### ${name}`, comment(at), table(['Value', 'Number', 'Means'], value.map((one, number) => [code(one.name), String(one.number ?? 0), comment([...at, parts, number])]))];
  });
  return [`## ${file.name}`, comment([inFile.package]), ...services, ...messages, ...enums];
}

function messageParts(file: ProtoFile, { name, field = [], oneofDecl = [], nestedType }: Message, comment: (path: readonly number[]) => string, at: readonly number[]): string[] {
  const rows = field.map((one, number) => {
    const choice = one.oneofIndex === undefined ? '' : `one of ${oneofDecl[one.oneofIndex]?.name ?? ''}`;
    return [code(one.name), code(typeOf(file, one, nestedType)), choice, comment([...at, parts, number])];
  });
  return [`### ${name}`, comment(at), rows.length === 0 ? 'No fields.' : table(['Field', 'Type', '', 'Description'], rows)];
}

/** The comment above the thing at a path, on one line. */
function commentsOf({ sourceCodeInfo }: ProtoFile): (path: readonly number[]) => string {
  const comments = new Map(sourceCodeInfo.location.map(({ path = [], leadingComments = '' }) => [path.join('.'), leadingComments.trim().replaceAll(/\s*\n\s*/g, ' ')]));
  return (path) => comments.get(path.join('.')) ?? '';
}

function signature(file: ProtoFile, { inputType, outputType, clientStreaming, serverStreaming }: Method): string {
  const side = (type: string, isStream = false) => `${isStream ? 'stream ' : ''}${shortName(file, type)}`;
  return `${side(inputType, clientStreaming)} -> ${side(outputType, serverStreaming)}`;
}

function typeOf(file: ProtoFile, { label, type, typeName }: Field, nested: readonly Message[] = []): string {
  const entry = nested.find(({ name }) => typeName?.endsWith(`.${name}`) === true);
  if (entry?.field !== undefined) return `map<${entry.field.map((one) => typeOf(file, one)).join(', ')}>`;
  const one = typeName === undefined ? type.replace('TYPE_', '').toLowerCase() : shortName(file, typeName);
  return label === 'LABEL_REPEATED' ? `repeated ${one}` : one;
}

function shortName(file: ProtoFile, typeName: string): string {
  return typeName.replace(`.${file.package}.`, '');
}
