// Walks over structural schemas: by path, and over all fields.
import type { StructuralSchema } from './structural.ts';

/** A field with the path that documents print, such as `spec.tasks[].name`. */
export interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
  readonly isRequired: boolean;
}

/** The schema at a JSONPath of the form `.a.b[?(...)].c`, or undefined when the path leads nowhere. */
export function fieldAt(schema: StructuralSchema, jsonPath: string): StructuralSchema | undefined {
  const steps = jsonPath.replaceAll(/\[[^\]]*\]/g, '[]').split('.').filter((step) => step !== '');
  return steps.reduce<StructuralSchema | undefined>((at, step) => {
    const field = at?.properties?.[step.replace('[]', '')];
    return step.endsWith('[]') ? field?.items : field;
  }, schema);
}

/** All fields below a schema, parents before children, in the order of declaration. */
export function fieldsBelow(schema: StructuralSchema, path: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]): Field[] => {
    const here = `${path}.${name}`;
    const own: Field = { path: here, schema: field, isRequired: schema.required?.includes(name) ?? false };
    return [own, ...fieldsBelow(field, here), ...(field.items === undefined ? [] : fieldsBelow(field.items, `${here}[]`))];
  });
}

/** All CEL rules at or below a schema, with the path they stand at. */
export function rulesBelow(schema: StructuralSchema, path: string): { readonly path: string; readonly rule: string; readonly message: string }[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ rule, message }) => ({ path, rule, message }));
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => rulesBelow(field, path === '' ? name : `${path}.${name}`));
  return [...own, ...fields, ...(schema.items === undefined ? [] : rulesBelow(schema.items, `${path}[]`))];
}
