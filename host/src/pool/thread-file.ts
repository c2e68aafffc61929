/** The program of a thread. A bundler puts another one in its place. */
export const threadFile = (): URL =>
  new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);
