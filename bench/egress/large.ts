/** 5 MB of JSON: a list of customers. */
export function largeText(): string {
  const items: string[] = [];
  for (let size = 0; size < 5_000_000; size += (items.at(-1)?.length ?? 0) + 1) {
    const i = items.length;
    const item = {
      id: i,
      name: `customer ${(i * 7919) % 50_000}`,
      tags: ["new"],
      open: i % 3 === 0,
    };
    items.push(JSON.stringify(item));
  }
  return `[${items.join(",")}]`;
}
