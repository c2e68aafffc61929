// What is costly to make and made once.

/** What is made once for one text. Forgets all when there is too much of it. */
export function kept<T>(most = 20_000): (name: string, make: () => T) => T {
  const all = new Map<string, T>();
  return (name, make) => {
    const known = all.get(name);
    if (known !== undefined) return known;
    if (all.size >= most) all.clear();
    const made = make();
    all.set(name, made);
    return made;
  };
}

/** The same of one object. */
export function keptOf<K extends object, T>(make: (of: K) => T): (of: K) => T {
  const all = new WeakMap<K, T>();
  return (of) => {
    const known = all.get(of);
    if (known !== undefined) return known;
    const made = make(of);
    all.set(of, made);
    return made;
  };
}
