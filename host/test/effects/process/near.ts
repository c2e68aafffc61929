// The process of a run, without a secret: what leaves the machine is sent by another one, which it starts (process.test.ts).
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialize, writeHeapSnapshot } from "node:v8";
import { canonicalize, createEngine } from "@reach-fabric/engine";
import { memoryRecorder, ReachError, run } from "@reach-fabric/host";
import { outsideOver } from "@reach-fabric/host/testing";
import { packOf } from "./pack.ts";
import type { Asking } from "./pack.ts";

const [, , folder = ""] = process.argv;
const { list, grant, identity, snapshot } = JSON.parse(
  readFileSync(join(folder, "near.json"), "utf8"),
) as Asking;

const far = fork(fileURLToPath(new URL("far.ts", import.meta.url)), [folder], {
  execArgv: process.execArgv,
  serialization: "advanced",
});
const gone = once(far, "exit");
/** All that went over the channel, as it went. */
const channel: Buffer[] = [];
const effects = outsideOver({
  send: (message) => {
    channel.push(serialize(message));
    if (far.connected) far.send(message);
  },
  onMessage: (take) =>
    far.on("message", (message) => {
      channel.push(serialize(message));
      take(message);
    }),
  onClose: (call) => far.once("disconnect", call),
  close: () => far.disconnect(),
});

const engine = createEngine();
const came = await run({
  engine,
  pack: packOf(engine, list),
  input: canonicalize("{}"),
  recorder: memoryRecorder({ id: identity.id, secret: Buffer.from(identity.secret, "hex") }),
  grant,
  effects,
  trouble: { tries: 2, pause: 1 },
}).catch((error: unknown) => error);

const said =
  came instanceof ReachError
    ? { code: came.code, why: came.why }
    : came instanceof Error
      ? { error: came.message }
      : {
          records: (came as { records: Uint8Array[] }).records.map((one) =>
            Buffer.from(one).toString("hex"),
          ),
        };
writeFileSync(join(folder, "channel"), Buffer.concat(channel));
writeFileSync(join(folder, "came.json"), JSON.stringify(said));
if (snapshot) writeHeapSnapshot(join(folder, "near.heapsnapshot"));
if (far.connected) far.disconnect();
await gone;
