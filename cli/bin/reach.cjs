#!/usr/bin/env node
// The `reach` command, for any Node at all: in ECMAScript 5, so that one which is too old for what follows is answered
// with a sentence and not with a syntax error. It is committed, not built, because npm links a bin only if its file
// exists at installation.
"use strict";
var version = process.versions.node;
if (parseInt(version, 10) >= 20) void require("./start.cjs").start(refuse);
else refuse();

function refuse() {
  process.stderr.write("reach needs Node 22.19, 24 or 26 and newer; this is " + version + ".\n");
  // "Could not be checked": 1 would say that what was to be verified is wrong.
  process.exitCode = 3;
}
