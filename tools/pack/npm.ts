/** The npm that runs this program, on a Node, or the one on PATH: a command that needs no shell. */
export function npm(node: string, ...args: string[]): [program: string, ...args: string[]] {
  const path = process.env["npm_execpath"];
  return path === undefined ? ["npm", ...args] : [node, path, ...args];
}

/** What npm and the shell tell the programs that they run points back to this clone: nothing of it for a consumer. */
export function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const keep = /^npm_config_(registry|cache|userconfig)$/i;
  const drop = /^(npm_|INIT_CWD$|(OLD)?PWD$|NODE_OPTIONS$|NODE_PATH$|XDG_|FORCE_COLOR$|VITEST)/i;
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => keep.test(name) || !drop.test(name)),
  );
}
