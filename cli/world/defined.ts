// Objects without their undefined fields: an absent field and an undefined one are different types here.

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** A copy with only the fields that are not undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
