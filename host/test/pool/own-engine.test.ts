// A run on an engine of its own.
import { expect, test } from "vitest";
import { memoryRecorder, run } from "@reach-fabric/host";
import { fakeEngine, pack } from "../run/fake-engine.ts";

const clock = { type: "clock", request: { for: "now" } } as const;
const input = new TextEncoder().encode("{}");

test("effects that are answered at once, without end, leave the event loop its turns", async () => {
  let turns = 0;
  let isCounting = true;
  const count = (): void => {
    turns += 1;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  const stop = new AbortController();
  // So many that without a turn the run would have ended before the timer could interrupt it.
  const engine = fakeEngine(function* () {
    for (let i = 0; i < 100_000; i++) yield [clock];
    return "nothing has interrupted it";
  });
  setTimeout(() => stop.abort(), 50);
  const running = run({ engine, pack, input, recorder: memoryRecorder(), signal: stop.signal });
  await expect(running).rejects.toMatchObject({ code: "REACH-E3002" });
  isCounting = false;
  expect(turns).toBeGreaterThan(0);
});
