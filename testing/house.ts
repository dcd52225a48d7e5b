// Reads the house from disk: every .ts and .tsx file that is ours, and the rooms that stand empty.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldersWithoutCode } from './rooms.ts';
import type { House } from './architecture.ts';

/** Generated files import what their generator wants; they are known by name only. */
const isGenerated = (path: string) => path.includes('/generated/');

/** Folders of the root that should hold code. */
export function roomsOf(root: string): string[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return folders.map(({ name }) => name).filter((name) => !foldersWithoutCode.includes(name));
}

/** All .ts and .tsx files below `root`, fixtures aside; generated ones have no text. */
export function readHouse(root: string): House {
  const inRooms = roomsOf(root).flatMap((room) => readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`));
  const atRoot = readdirSync(root).filter((name) => name.endsWith('.ts'));
  const paths = [...inRooms, ...atRoot].filter((path) => /\.tsx?$/.test(path) && !path.startsWith('testing/fixtures/'));
  return new Map(paths.map((path) => [path, isGenerated(path) ? '' : readFileSync(join(root, path), 'utf8')]));
}

/** A sentence for each room that holds no file. */
export function emptyRooms(rooms: readonly string[], house: House): string[] {
  const lived = new Set([...house.keys()].map((path) => path.split('/')[0]));
  return rooms.filter((room) => !lived.has(room)).map((room) => `${room}/ holds no .ts file: a room comes with the first thing that needs it`);
}
