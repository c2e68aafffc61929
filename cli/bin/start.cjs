// What the `reach` command starts, on any Node from 20 on. CommonJS: an `import` of a module of Node's would read it
// member by member, and so load streams, at a tenth of a start.
"use strict";
const { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } = require("node:fs");
const { join } = require("node:path");

/** @param {() => void} refuse says that this Node is too old */
exports.start = async function start(refuse) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const supported = (major === 22 && minor >= 19) || major === 24 || major >= 26;
  const fromSource = process.execArgv.includes("--conditions=reach-source");
  const isCheckout = existsSync(join(__dirname, "../../tools/node.mjs"));

  if (isCheckout && !(supported && fromSource)) {
    // In a source checkout: run the sources, on the Node that the lock file pins.
    const { runNode } = await import("../../tools/node.mjs");
    const main = join(__dirname, "../src/main.ts");
    process.exitCode = await runNode([main, ...process.argv.slice(2)], { quiet: true });
  } else if (!supported) refuse();
  else if (process.argv.length === 3 && ["--version", "-V"].includes(process.argv[2])) {
    // Installers and editors ask for it again and again: the program would take three times as long to load.
    const manifest = readFileSync(join(__dirname, "../package.json"), "utf8");
    process.stdout.write(`${JSON.parse(manifest).version}\n`);
  } else {
    if (!isCheckout) keepCompiled();
    await import(isCheckout ? "../src/main.ts" : "../bundle/main.js");
  }
};

/**
 * Lets Node keep the bundle as it has compiled it: a third of a start. Code is read back from there, so the folder
 * must be one that only this user writes (docs/threat-model.md); where that cannot be seen, nothing is kept.
 * NODE_DISABLE_COMPILE_CACHE=1 switches it off.
 */
function keepCompiled() {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const caches = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
  if (!caches?.startsWith("/") || process.geteuid === undefined) return;
  try {
    // One by one: all at once never ends where a file system takes no folder (/proc), and makes a home that is not there.
    for (const path of [caches, `${caches}/reach`]) {
      if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    }
    const above = realpathSync.native(caches);
    const folder = `${above}/reach`;
    const { uid, mode } = lstatSync(folder);
    if (uid !== process.geteuid() || (mode & 0o170077) !== 0o040000 || !isSafe(above)) return;
    require("node:module").enableCompileCache(folder);
  } catch {
    // A home that cannot be written is no reason to fail.
  }
}

/** Whether no other user but root can rename what is in a folder, or the folder itself: Node opens it by its name later. */
function isSafe(folder) {
  if (folder === "") return true;
  const { uid, mode } = lstatSync(folder);
  const isOwn = uid === 0 || uid === process.geteuid();
  // Where others may write, as in /tmp, the sticky bit leaves each name to its owner.
  if (!isOwn || ((mode & 0o022) !== 0 && (mode & 0o1000) === 0)) return false;
  return isSafe(folder.slice(0, folder.lastIndexOf("/")));
}
