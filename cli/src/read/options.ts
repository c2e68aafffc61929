/** Collects an option that may be given again. */
export const several = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];
