// Places in a value, and the value with holes there, or everywhere else.
import { childrenOf, isHole } from "./holes.ts";

/** Places in values: each with all that is below it. */
export class Places {
  readonly #below = new Map<string, Places>();
  #isAll = false;

  add([first, ...rest]: readonly string[]): void {
    if (first === undefined) {
      this.#isAll = true;
      return;
    }
    const below = this.#below.get(first) ?? new Places();
    this.#below.set(first, below);
    below.add(rest);
  }

  /** The names that something was added below. */
  get names(): string[] {
    return [...this.#below.keys()];
  }

  below(name: string): Places {
    return this.#isAll ? this : (this.#below.get(name) ?? NONE);
  }

  /** The value with holes in these places. */
  hide(value: unknown, hole: () => string): unknown {
    if (isHole(value)) return value;
    if (this.#isAll) return hole();
    return mapped(value, (child, name) => this.#below.get(name)?.hide(child, hole) ?? child);
  }

  /** The value with holes in all other places, as high up as can be. */
  hideOthers(value: unknown, hole: () => string): unknown {
    if (isHole(value) || this.#isAll) return value;
    if (this.#below.size === 0) return hole();
    return mapped(value, (child, name) => this.#below.get(name)?.hideOthers(child, hole) ?? hole());
  }
}

const NONE = new Places();

/** A value with each child in the place of another. */
function mapped(value: unknown, change: (child: unknown, name: string) => unknown): unknown {
  const children = childrenOf(value);
  if (children === undefined) return value;
  const others = children.map(([name, child]) => [name, change(child, name)] as const);
  return Array.isArray(value) ? others.map(([, child]) => child) : Object.fromEntries(others);
}
