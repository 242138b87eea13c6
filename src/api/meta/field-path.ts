/**
 * Paths of fields in messages (`spec.containers[0].name`), written out only when an error is.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation/field path.go (v1.36)
 */

/** Anything that can name a field: a text, or a path that becomes one when an error needs it. */
export type FieldRef = string | FieldPath;

export class FieldPath {
  private readonly parent: FieldPath | null;
  private readonly name: string | number;
  private readonly indexed: boolean;

  private constructor(parent: FieldPath | null, name: string | number, indexed: boolean) {
    this.parent = parent;
    this.name = name;
    this.indexed = indexed;
  }

  static of(ref: FieldRef): FieldPath {
    return typeof ref === 'string' ? new FieldPath(null, ref, false) : ref;
  }

  child(name: string): FieldPath {
    return new FieldPath(this, name, false);
  }

  index(i: number): FieldPath {
    return new FieldPath(this, i, true);
  }

  /** `path[key]`, for maps. */
  key(key: string): FieldPath {
    return new FieldPath(this, key, true);
  }

  toString(): string {
    const head = this.parent === null ? '' : this.parent.toString();
    if (this.indexed) return `${head}[${this.name}]`;
    return head === '' ? String(this.name) : `${head}.${this.name}`;
  }
}
